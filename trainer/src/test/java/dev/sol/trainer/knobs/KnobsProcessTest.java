package dev.sol.trainer.knobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sol knobs} as a process that is told to end. */
@Tag("model")
@Timeout(300)
class KnobsProcessTest {
    @TempDir
    Path folder;

    private Process start() throws IOException {
        Path corpus = folder.resolve("story.txt");
        Files.writeString(corpus, "Once upon a time there was a king who had three daughters.\n".repeat(20_000));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dstdout.encoding=UTF-8",
                        KnobsCommand.class.getName(),
                        "--corpus",
                        corpus.toString(),
                        "--tokens",
                        "3000",
                        "--json",
                        folder.resolve("knobs.json").toString())
                .redirectOutput(folder.resolve("out").toFile())
                .start();
    }

    @Test
    void aSignalKeepsWhatWasMeasured() throws Exception {
        Process process = start();
        try (BufferedReader err =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            assertThat(err.readLine()).startsWith("[1/60] dense: ppl");
            assertThat(err.readLine()).startsWith("[2/60] attn/recency/0.5: ppl");
            process.toHandle().destroy(); // SIGTERM; the pipes stay open

            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(err.lines().toList().getLast())
                    .startsWith("knobs: interrupted; the same command goes on from what is in ")
                    .endsWith("knobs.json");
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        assertThat(Files.readString(folder.resolve("out"))).contains("dense: ", "recency               0.5");
        JsonNode results =
                new ObjectMapper().readTree(folder.resolve("knobs.json").toFile());
        assertThat(results.has("dense")).isTrue();
        assertThat(results.at("/rows/0/id").asText()).isEqualTo("attn/recency/0.5");
        assertThat(results.get("rows").size()).isBetween(1, 40);
    }
}
