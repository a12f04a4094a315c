package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What llama.cpp writes to the standard error stream, seen from outside of a process. */
@Tag("native")
class NativeLogTest {

    @Test
    void llamaCppSaysWhatItsLevelLetsItSay(@TempDir Path folder) throws IOException, InterruptedException {
        Path model = folder.resolve("tiny.gguf");
        TinyModel.write(model);

        assertThat(standardError(LogLevel.INFO, model)).contains("llama_model_loader");
        assertThat(standardError(LogLevel.ERROR, model)).isEmpty();
    }

    private static String standardError(LogLevel level, Path model) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path")));
        String directory = System.getProperty(NativeLibrary.DIRECTORY_PROPERTY);
        if (directory != null) {
            command.add("-D" + NativeLibrary.DIRECTORY_PROPERTY + "=" + directory);
        }
        command.addAll(List.of(Program.class.getName(), level.name(), model.toString()));
        Path messages = Files.createTempFile("sol", ".log");
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(messages.toFile()).start();
            assertThat(process.waitFor()).as(Files.readString(messages)).isZero();
            return Files.readString(messages);
        } finally {
            Files.delete(messages);
        }
    }

    /** Loads a model. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            Sol.setLogLevel(LogLevel.valueOf(arguments[0]));
            Sol.freeModel(Sol.loadModel(Path.of(arguments[1]), new ModelParams(0, true, false)));
        }
    }
}
