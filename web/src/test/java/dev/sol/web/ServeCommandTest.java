package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.cli.Command;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeCommandTest {

    private record Outcome(int code, String out, String err) {}

    private static Outcome serve(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Command.run(new ServeCommand(Map.of()), new PrintWriter(out), new PrintWriter(err), arguments);
        return new Outcome(code, out.toString(), err.toString());
    }

    private static void assertFails(Outcome outcome, int code, String... message) {
        assertThat(outcome.err).startsWith("serve: ").contains(message);
        assertThat(outcome.err.strip().lines()).hasSize(1);
        assertThat(outcome.code).isEqualTo(code);
        assertThat(outcome.out).isEmpty();
    }

    @Test
    void aPortInUse() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = other.getLocalPort();
            assertFails(
                    serve("--port", String.valueOf(port)), 1, "cannot listen on 127.0.0.1:" + port, "in use", "--port");
        }
    }

    @Test
    void anAddressOfAnotherMachine() {
        // Reserved for documentation: nobody has it. https://www.rfc-editor.org/rfc/rfc5737
        assertFails(serve("--host", "192.0.2.1", "--port", "0"), 1, "cannot listen on 192.0.2.1:0");
    }

    @ParameterizedTest
    @CsvSource({
        "--port=70000,      port must be from 0",
        "--port=-1,         port must be from 0",
        "--max-body=0,      max-body must be at least 1",
        "--policy=cleverest, uniform",
    })
    void optionsOutOfRange(String option, String message) {
        assertFails(serve(option), 2, message);
    }

    @Tag("native")
    @Test
    void engineOptionsOutOfRange() {
        assertFails(serve("--port", "0", "--ctx", "100000"), 2, "100000");
        assertFails(serve("--port", "0", "--queue", "-1"), 2, "queue");
        assertFails(serve("--port", "0", "--mlp-criterion", "magic"), 2, "magic");
    }

    @Test
    void policiesThatAreNone(@TempDir Path folder) throws Exception {
        Path text = Files.writeString(folder.resolve("text.safetensors"), "Once upon a time");
        assertFails(serve("--port", "0", "--policy", text.toString()), 2, text.toString());
        assertFails(
                serve(
                        "--port",
                        "0",
                        "--policy",
                        "uniform",
                        "--policy",
                        folder.resolve("none").toString()),
                2,
                "there is no policy and no file",
                "dense, uniform, random, entropy, drift");
        assertFails(serve("--port", "0", "--policy", folder.toString()), 2, folder.toString());
    }

    @Test
    void anUnknownOption() {
        Outcome outcome = serve("--prot", "1");
        assertThat(outcome.code).isEqualTo(2);
        assertThat(outcome.err).contains("--prot").doesNotContain("\tat ");
    }

    @Test
    void help() {
        Outcome outcome = serve("--help");
        assertThat(outcome.code).isZero();
        assertThat(outcome.out)
                .contains("--host", "--port", "--policy", "--queue", "--max-body", "--model", "--threads", "--ctx")
                .contains("--attn-criterion", "--attn-page", "--attn-dropped", "--mlp-criterion", "--bits-site");
    }

    @Tag("native")
    @Test
    void aModelThatIsMissing(@TempDir Path folder) {
        Path model = folder.resolve("nothing.gguf");
        assertFails(serve("--port", "0", "--model", model.toString()), 2, model.toString());
    }

    @Tag("native")
    @Test
    void aModelThatIsNone(@TempDir Path folder) throws Exception {
        Path model = Files.writeString(folder.resolve("text.gguf"), "Once upon a time");
        assertFails(serve("--port", "0", "--model", model.toString()), 2, model.toString());
        Files.writeString(model, "");
        assertFails(serve("--port", "0", "--model", model.toString()), 2, model.toString());
    }
}
