package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Random models of a few hundred kilobytes, made by {@code sol-tiny-model} of {@code native-llama}: two layers (gemma3: four),
 * a context of 512 tokens, and a byte-level tokenizer that encodes any text.
 */
public final class TinyModels {
    /** System property: the program. Set by the build. */
    private static final String TOOL_PROPERTY = "dev.sol.tiny-model-tool";

    private TinyModels() {}

    /**
     * Writes a model.
     *
     * @param architecture llama, qwen2, qwen3, gemma3, phi3, gpt2 or qwen2moe
     * @param type F32, F16, Q8_0 or Q4_0
     * @return a new file in {@code folder}
     */
    public static Path write(Path folder, String architecture, String type) throws IOException {
        Path tool = Path.of(System.getProperty(TOOL_PROPERTY, ""));
        assertThat(tool)
                .as("the program that makes tiny models (-D%s); `native-llama/build.sh tools` builds it", TOOL_PROPERTY)
                .isExecutable();
        Path file = folder.resolve(architecture + "-" + type + ".gguf");
        Process process = new ProcessBuilder(tool.toString(), architecture, file.toString(), type)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor()).as(output).isZero();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assertThat(Files.size(file)).isPositive();
        return file;
    }
}
