package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sol serve} as a process: what it prints, and how it ends. */
@Tag("model")
class ServeProcessTest {
    private Path err;
    private Process process;
    private BufferedReader out;
    private String banner;
    private URI uri;
    private Client client;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        err = folder.resolve("err");
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dio.netty.noUnsafe=true",
                        ServeCommand.class.getName(),
                        "--port",
                        "0",
                        "--threads",
                        "1")
                .redirectError(err.toFile())
                .start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        banner = String.valueOf(out.readLine());
        assertThat(banner).as(Files.readString(err)).startsWith("http://127.0.0.1:");
        uri = URI.create(banner.substring(0, banner.indexOf(' ')));
        client = new Client(uri);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        process.destroyForcibly().waitFor();
    }

    private void assertEndsWell() throws Exception {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(out.readLine()).as("the banner is all that is printed").isNull();
        assertThat(Files.readString(err)).startsWith("skip mode: ").hasLineCount(1);
    }

    private static boolean ignoresInterrupts() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return false;
        }
        String ignored = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow()
                .substring("SigIgn:".length())
                .strip();
        return (Long.parseUnsignedLong(ignored, 16) & 1 << 1) != 0; // SIGINT is 2, the second bit
    }

    private void signal(String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void aSignalEndsItWithCodeZero(String signal) throws Exception {
        assumeThat(signal.equals("INT") && ignoresInterrupts())
                .as("shells start background jobs, and so these tests, with SIGINT ignored")
                .isFalse();
        assertThat(banner)
                .contains(
                        ModelServer.MODEL,
                        "context 256",
                        "attn 4/4",
                        "mlp 4/4",
                        "bits 4/4",
                        "mode skip; policy learned");
        assertThat(client.get("/health").status()).isEqualTo(200);
        signal(signal);
        assertEndsWell();
    }

    @Test
    void aSignalWithinAStreamLosesNothing() throws Exception {
        try (RawClient raw = new RawClient(uri.getPort())) {
            raw.complete("{\"prompt\": \"Once\", \"max_tokens\": 240, \"ignore_eos\": true, \"stream\": true}");
            raw.lineStartingWith("data: ");
            signal("TERM");
            // Within the grace it ends as usual; on a machine that is too busy, with the error that says why.
            assertThat(raw.rest()).containsAnyOf("data: [DONE]", "shutting_down");
        }
        assertEndsWell();
    }
}
