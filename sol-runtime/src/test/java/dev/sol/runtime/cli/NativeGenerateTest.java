package dev.sol.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.policy.learned.Grids;
import dev.sol.runtime.TinyModels;
import dev.sol.runtime.engine.PolicyFiles;
import dev.sol.runtime.openai.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sol generate} on tiny models. */
@Tag("native")
@Timeout(120)
class NativeGenerateTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    private int run(Path model, String... arguments) {
        String[] all = Stream.concat(
                        Stream.of("--model", model.toString(), "--threads", "1", "--prompt", "Once upon a time"),
                        Stream.of(arguments))
                .toArray(String[]::new);
        return Command.run(new GenerateCommand(), new PrintWriter(out), new PrintWriter(err), all);
    }

    @Test
    void aLearnedPolicyFromAFile() throws IOException {
        Path model = TinyModels.write(folder, "qwen3", "Q8_0");
        Path policy = PolicyFiles.write(folder.resolve("wild.safetensors"), model, Grids.PAPER_3L, true, List.of());

        int code = run(
                model,
                "--max-tokens",
                "140",
                "--ignore-eos",
                "--budget",
                ".7",
                "--seed",
                "1",
                "--policy",
                policy.toString());
        assertThat(code).as(err.toString()).isZero();
        assertThat(err.toString()).contains("policy wild").containsPattern("budget 0\\.700, realised 0\\.[67]");

        Path other = TinyModels.write(folder, "qwen2", "F32");
        err.getBuffer().setLength(0);
        assertThat(run(other, "--budget", ".7", "--policy", policy.toString())).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("generate: ")
                .contains("trained for another model")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({"qwen3,F32", "qwen3,Q8_0", "gpt2,F16", "gpt2,Q4_0"})
    void printsTheBodyOfTheHttpAnswer(String architecture, String type) throws IOException {
        Path model = TinyModels.write(folder, architecture, type);
        int code =
                run(model, "--max-tokens", "40", "--ignore-eos", "--budget", ".6", "--seed", "1", "--trace", "--json");

        assertThat(err.toString()).startsWith("skip mode: ").hasLineCount(1);
        assertThat(code).isZero();
        assertThat(out.toString()).endsWith("\n");
        JsonNode body = Json.read("the output", out.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(body.get("object").asText()).isEqualTo("text_completion");
        assertThat(body.get("model").asText()).isEqualTo(architecture + "-" + type);
        assertThat(body.at("/choices/0/text").asText()).isNotEmpty();
        assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(40);
        assertThat(body.at("/sol/steps").asInt()).isEqualTo(39);
        assertThat(body.at("/sol/requested/net").asDouble()).isEqualTo(0.6);
        assertThat(body.at("/sol/realised/net").asDouble()).isBetween(0.58, 0.62);
        assertThat(body.at("/sol/trace")).hasSize(40);
    }

    @Test
    void optionsOfTheKnobs() throws IOException {
        Path model = TinyModels.write(folder, "qwen3", "F32");
        int code = run(
                model,
                "--max-tokens",
                "60",
                "--ignore-eos",
                "--budget",
                "{\"mlp\": 0.5}",
                "--seed",
                "1",
                "--json",
                "--ctx",
                "300",
                "--attn-criterion",
                "recency",
                "--page",
                "8",
                "--mlp-criterion",
                "neuron:32",
                "--no-mmap",
                "--n-gpu-layers",
                "0",
                "--execution",
                "reference",
                "--policy",
                "random",
                "--top-k",
                "5",
                "--stop",
                "impossible");

        assertThat(err.toString()).startsWith("reference mode: ").hasLineCount(1);
        assertThat(code).isZero();
        JsonNode body = Json.read("the output", out.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(body.at("/sol/policy").asText()).isEqualTo("random");
        assertThat(body.at("/sol/mode").asText()).isEqualTo("reference");
        assertThat(body.at("/sol/requested/attn").asDouble()).isEqualTo(1);
        assertThat(body.at("/sol/realised/attn").asDouble()).isEqualTo(1);
        assertThat(body.at("/sol/realised/mlp").asDouble()).isBetween(0.45, 0.55);
    }

    @ParameterizedTest
    @CsvSource({
        "quest,kv,none,neuron,output,entropy",
        "quest,query,tail,channel,input,drift",
        "mean,shared,tail,neuron:1,input,uniform",
        "recency,kv,none,channel,output,entropy"
    })
    void everyCriterionKeepsTheBudget(
            String attention, String choice, String dropped, String mlp, String bitsSite, String policy)
            throws IOException {
        int code = run(
                TinyModels.write(folder, "qwen3", "F32"),
                "--max-tokens=200",
                "--ignore-eos",
                "--budget={\"attn\": 0.6, \"mlp\": 0.5, \"bits\": 8}",
                "--seed=1",
                "--json",
                "--attn-criterion=" + attention,
                "--attn-page=4",
                "--attn-choice=" + choice,
                "--attn-dropped=" + dropped,
                "--mlp-criterion=" + mlp,
                "--bits-site=" + bitsSite,
                "--policy=" + policy);

        assertThat(err.toString()).startsWith("skip mode: ").hasLineCount(1);
        assertThat(code).isZero();
        JsonNode sol = Json.read("the output", out.toString().getBytes(StandardCharsets.UTF_8))
                .get("sol");
        assertThat(sol.get("policy").asText()).isEqualTo(policy);
        assertThat(sol.at("/realised/attn").asDouble()).isBetween(0.58, 0.62);
        assertThat(sol.at("/realised/mlp").asDouble()).isBetween(0.48, 0.52);
        assertThat(sol.at("/realised/bits").asDouble()).isBetween(7.68, 8.32);
    }

    @Test
    void filesAndPromptsThatCannotBeUsed() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.gguf"));
        assertOneLine(run(empty), "empty.gguf");
        assertOneLine(run(folder.resolve("missing.gguf")), "missing.gguf");

        Path model = TinyModels.write(folder, "gpt2", "F32");
        assertOneLine(run(model, "--ctx", "100000"), "512");
        assertOneLine(run(model, "--kv-type", "q8_0", "--predictor", "missing.gguf"), "missing.gguf");

        assertThat(run(model, "--ctx", "10")).isEqualTo(2);
        assertThat(err.toString().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("skip mode: "),
                        line -> assertThat(line).startsWith("generate: ").contains("the context has room for 10"));
    }

    private void assertOneLine(int code, String message) {
        assertThat(code).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).startsWith("generate: ").contains(message).hasLineCount(1);
        err.getBuffer().setLength(0);
    }
}
