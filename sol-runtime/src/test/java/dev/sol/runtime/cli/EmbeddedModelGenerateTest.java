package dev.sol.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.bindings.FileType;
import dev.sol.bindings.Sol;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.openai.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sol generate} on the embedded model. */
@Tag("model")
@Timeout(300)
class EmbeddedModelGenerateTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private void run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] all = Stream.concat(
                        Stream.of("--prompt", "Once upon a time", "--threads", "1", "--temperature", "0"),
                        Stream.of(arguments))
                .toArray(String[]::new);
        int code = Command.run(new GenerateCommand(), new PrintWriter(out), new PrintWriter(err), all);
        assertThat(code).as(err.toString()).isZero();
    }

    private JsonNode json() {
        return Json.read("the output", out.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void textAndJsonSayTheSame() {
        run("--max-tokens", "64", "--budget", "0.6", "--json");
        JsonNode body = json();
        assertThat(err.toString()).startsWith("skip mode: ").hasLineCount(1);
        assertThat(body.get("model").asText()).isEqualTo("sol-tiny-f16");
        assertThat(body.at("/sol/realised/net").asDouble()).isBetween(0.58, 0.62);
        assertThat(body.at("/sol/mode").asText()).isEqualTo("skip");

        run("--max-tokens", "64", "--budget", ".6");
        String text = body.at("/choices/0/text").asText();
        assertThat(out.toString().stripTrailing()).isEqualTo(text.stripTrailing());
        assertThat(err.toString())
                .hasLineCount(2)
                .contains("64 tokens", "ms/token", "budget 0.600, realised 0.", "policy learned");
    }

    @Test
    void withoutABudgetItIsDense() {
        run("--max-tokens", "16", "--json");
        JsonNode sol = json().get("sol");

        assertThat(sol.get("realised"))
                .isEqualTo(Json.read(
                        "x",
                        "{\"attn\": 1.0, \"mlp\": 1.0, \"bits\": 16.0, \"net\": 1.0}"
                                .getBytes(StandardCharsets.UTF_8)));
        assertThat(sol.get("requested")).isEqualTo(sol.get("realised"));
        assertThat(sol.get("policy").asText()).isEqualTo("dense");
    }

    @Test
    void aBudgetInMilliseconds() {
        run("--max-tokens", "16", "--ignore-eos", "--budget", "ms=1000", "--calibrate", "--json");
        JsonNode sol = json().get("sol");
        assertThat(sol.at("/requested/net").asDouble()).isEqualTo(1);
        assertThat(sol.get("predicted_ms_per_token").asDouble()).isBetween(1e-6, 1000.0);

        run("--max-tokens", "16", "--ignore-eos", "--budget", "ms=1000");
        assertThat(err.toString()).contains("steps of ", " were predicted");
    }

    @Test
    void quantised(@TempDir Path folder) {
        Path file = folder.resolve("sol-tiny-q8_0.gguf");
        Sol.quantize(EmbeddedModel.file(), file, FileType.Q8_0, 1);
        run("--model", file.toString(), "--max-tokens", "64", "--budget", "0.6", "--json");

        JsonNode body = json();
        assertThat(body.get("model").asText()).isEqualTo("sol-tiny-q8_0");
        assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(64);
        assertThat(body.at("/choices/0/text").asText()).isNotBlank();
        assertThat(body.at("/sol/realised/net").asDouble()).isBetween(0.58, 0.62);
    }
}
