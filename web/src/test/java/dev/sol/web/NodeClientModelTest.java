package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** OpenAI's client for JavaScript: the suite in {@code src/test/js}. Skipped where npm cannot install it. */
@Tag("model")
class NodeClientModelTest {
    private static final Path SOURCE = Path.of("src/test/js");
    static final Path FOLDER = Path.of("target/js-client");

    private record Outcome(int code, String output) {}

    private static Outcome run(Map<String, String> environment, List<String> command) {
        try {
            File output = FOLDER.resolve("output.txt").toFile();
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(FOLDER.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output);
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(5, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                return new Outcome(-1, "took too long: " + Files.readString(output.toPath()));
            }
            return new Outcome(process.exitValue(), Files.readString(output.toPath()));
        } catch (IOException e) { // there is no such program
            return new Outcome(-1, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Puts the suite and the client into the folder. False where npm cannot. */
    static boolean install() throws IOException {
        Files.createDirectories(FOLDER);
        for (String file : List.of("package.json", "package-lock.json", ".npmrc", "client.test.js")) {
            Files.write(FOLDER.resolve(file), Files.readAllBytes(SOURCE.resolve(file)));
        }
        return run(Map.of(), List.of("npm", "ci", "--ignore-scripts")).code == 0;
    }

    @Test
    void suite() throws Exception {
        assumeTrue(install(), "npm cannot install OpenAI's client");
        try (ModelServer server = ModelServer.start(8)) {
            Outcome tested = run(
                    Map.of("SOL_BASE_URL", server.server.uri() + "/v1", "SOL_MODEL", ModelServer.MODEL),
                    List.of("node", "--test", "client.test.js"));
            assertThat(tested.code).as(tested.output).isZero();
            assertThat(tested.output).contains("pass 8", "fail 0");
        }
    }
}
