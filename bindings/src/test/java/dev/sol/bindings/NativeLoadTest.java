package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library itself, and what can be asked of it without a model. */
@Tag("native")
class NativeLoadTest {
    private static final ModelParams PARAMS = new ModelParams(0, true, false);

    @TempDir
    Path folder;

    @Test
    void loadsOnceAndSaysWhatItIs() {
        NativeLibrary library = NativeLibrary.load();

        assertThat(NativeLibrary.load()).isSameAs(library);
        assertThat(library.directory().resolve(NativeManifest.FILE_NAME)).isRegularFile();
        assertThat(library.build()).contains("llama.cpp");
        assertThat(Sol.buildInfo()).startsWith("{").endsWith("}").doesNotContain("\n");
    }

    @Test
    void theDefaultsAreTheOnesOfTheHeader() {
        assertThat(Sol.defaultModelParams()).isEqualTo(new ModelParams(-1, true, false));
        ContextParams params = Sol.defaultContextParams();
        assertThat(params)
                .isEqualTo(new ContextParams(
                        0,
                        2048,
                        512,
                        1,
                        params.threads(),
                        params.batchThreads(),
                        true,
                        KvType.F16,
                        AttentionCriterion.RECENCY,
                        4,
                        2,
                        16,
                        AttentionChoice.PER_KV_HEAD,
                        DroppedPages.NONE,
                        MlpCriterion.NEURON,
                        8,
                        MlpGate.EXACT,
                        BitsSite.OUTPUT,
                        Execution.REFERENCE,
                        true,
                        false));
        assertThat(params.threads()).isPositive();
        assertThat(params.batchThreads()).isPositive();
    }

    @Test
    void aMissingFileIsNotFoundAndNamed() {
        Path missing = folder.resolve("no such modèl.gguf");

        assertThatThrownBy(() -> Sol.loadModel(missing, PARAMS))
                .isExactlyInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining(missing.toString());
    }

    @Test
    void aFileThatIsNoModelIsInvalidAndNamed() throws IOException {
        Path text = Files.writeString(folder.resolve("text.gguf"), "Once upon a time");
        Path empty = Files.createFile(folder.resolve("empty.gguf"));

        for (Path file : new Path[] {text, empty, folder}) {
            assertThatThrownBy(() -> Sol.loadModel(file, PARAMS))
                    .isExactlyInstanceOf(InvalidModelException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    @Test
    void aTruncatedModelIsInvalid() throws IOException {
        Path whole = folder.resolve("whole.gguf");
        TinyModel.write(whole);
        byte[] bytes = Files.readAllBytes(whole);
        for (int length : new int[] {4, 100, 5000, bytes.length / 2, bytes.length - 1000}) {
            Path file = Files.write(folder.resolve("truncated.gguf"), Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> Sol.loadModel(file, PARAMS))
                    .as("%d of %d bytes", length, bytes.length)
                    .isExactlyInstanceOf(InvalidModelException.class);
        }
    }
}
