package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.cli.Command;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the values of options come from. */
class SettingsTest {
    @TempDir
    private Path folder;

    record Outcome(int code, String out, String err) {
        JsonNode config() {
            return Client.json(out);
        }
    }

    static Outcome print(Map<String, String> environment, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] all = new String[arguments.length + 1];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--print-config";
        int code = Command.run(new ServeCommand(environment), new PrintWriter(out), new PrintWriter(err), all);
        return new Outcome(code, out.toString(), err.toString());
    }

    private String file(String json) throws Exception {
        return Files.writeString(folder.resolve("sol.json"), json).toString();
    }

    @Test
    void defaults() {
        Outcome outcome = print(Map.of());
        assertThat(outcome.code).isZero();
        assertThat(outcome.err).isEmpty();
        assertThat(outcome.config().get("port").asInt()).isEqualTo(8080);
        assertThat(outcome.config().get("host").asText()).isEqualTo("127.0.0.1");
        assertThat(outcome.config().has("model")).isFalse();
    }

    @Test
    void flagsBeforeTheEnvironmentBeforeTheFile() throws Exception {
        String file = file(
                "{\"port\": 1, \"queue\": 2, \"max-body\": 3, \"no-mmap\": true, \"policy\": [\"random\", \"drift\"]}");
        Outcome outcome =
                print(Map.of("SOL_PORT", "11", "SOL_QUEUE", "12", "OTHER", "x"), "--port=21", "--config", file);
        assertThat(outcome.code).as(outcome.err).isZero();
        assertThat(outcome.config().get("port").asInt()).isEqualTo(21);
        assertThat(outcome.config().get("queue").asInt()).isEqualTo(12);
        assertThat(outcome.config().get("max-body").asInt()).isEqualTo(3);
        assertThat(outcome.config().get("no-mmap").asBoolean()).isTrue();
        assertThat(outcome.config().get("policy")).isEqualTo(Client.json("[\"random\", \"drift\"]"));
        assertThat(outcome.err.lines())
                .containsExactlyInAnyOrder(
                        "port: from the command line",
                        "queue: from SOL_QUEUE",
                        "max-body: from " + file,
                        "no-mmap: from " + file,
                        "policy: from " + file);
    }

    @Test
    void whatIsPrintedIsAFile() throws Exception {
        Outcome first = print(Map.of(), "--port", "9", "--policy", "random");
        Outcome second = print(Map.of("SOL_CONFIG", file(first.out)));
        assertThat(second.config()).isEqualTo(first.config());
    }

    @Test
    void keysAreNotShown() {
        Outcome outcome = print(Map.of("SOL_API_KEY", "secret"));
        assertThat(outcome.out).doesNotContain("secret");
        assertThat(outcome.err).doesNotContain("secret").contains("api-key: from SOL_API_KEY");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"prot": 1}         | 'prot'  | did you mean 'port'?
            {"zzzzzzzzz": 1}    | 'zzzzzzzzz' | sol.json
            {"help": true}      | 'help'  | sol.json
            {"config": "x"}     | 'config' | sol.json
            {"port": {}}        | port in | must be a value
            {"policy": ["a,b"]} | policy in | comma
            {"port": "x"}       | --port  | (from
            {"port"             | sol.json | not valid JSON
            []                  | sol.json | must be a JSON object
            """)
    void filesThatCannotBeUsed(String json, String what, String hint) throws Exception {
        Outcome outcome = print(Map.of(), "--config=" + file(json));
        assertThat(outcome.code).isEqualTo(2);
        assertThat(outcome.err).startsWith("serve: ").contains(what, hint);
        assertThat(outcome.out).isEmpty();
    }

    @Test
    void variablesThatCannotBeUsed() {
        assertThat(print(Map.of("SOL_PROT", "1")).err)
                .contains("'SOL_PROT'", "environment", "did you mean 'SOL_PORT'?");
        assertThat(print(Map.of("SOL_PORT", "x")).err).contains("--port", "'x'", "(from SOL_PORT)");
        assertThat(print(Map.of("SOL_CACHE", "/x", "SOL_JAVA_OPTS", "y", "SOL_SOMETHING_ELSE", "z")).code)
                .isZero();
        assertThat(print(Map.of("SOL_CONFIG", "/no/such/file")).err).contains("/no/such/file");
    }
}
