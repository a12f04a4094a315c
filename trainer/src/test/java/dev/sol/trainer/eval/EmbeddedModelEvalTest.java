package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.gguf.ModelSignature;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sol eval} on the embedded model, with a policy that was never trained and so is the static one. */
@Tag("model")
@Timeout(300)
class EmbeddedModelEvalTest {
    private static final int EMBEDDING = 192;
    private static final int WINDOWS = 8;
    private static final int STRETCH = 128;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void files() throws IOException {
        StringBuilder text = new StringBuilder();
        List<String> who = List.of("king", "old woman", "fox", "little girl", "miller", "bird", "soldier");
        List<String> what = List.of(
                "went into the forest to look for water",
                "laughed and said that nobody would believe it",
                "came home late in the evening with an empty basket",
                "told the children a story about the sea",
                "gave the poor man half of the bread");
        for (int i = 0; i < 10 * who.size(); i++) {
            for (String deed : what) {
                text.append("Once the %s of house %d %s.%n".formatted(who.get(i % who.size()), i, deed));
            }
        }
        Files.writeString(folder.resolve("story.txt"), text);

        ActionGrid grid = ActionGrid.defaultGrid();
        ModelSignature model = ModelSignature.of(EmbeddedModel.file());
        PolicySpec spec = new PolicySpec(EMBEDDING, 16, 2, 16, 4, false, .1, grid);
        PolicyFile.Header header = new PolicyFile.Header(
                PolicyFile.Targets.of(grid),
                List.of(),
                new PolicyFile.Model(model.architecture(), model.tensors(), "sol-tiny"),
                Map.of());
        new PolicyFile(PolicyWeights.initial(spec, 1), header).write(folder.resolve("static.safetensors"));
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private JsonNode rows() throws IOException {
        return new ObjectMapper().readTree(folder.resolve("rows.json").toFile()).get("rows");
    }

    private Stream<String> arguments() {
        return Stream.of(
                "--corpus",
                path("story.txt"),
                "--policy",
                path("static.safetensors"),
                "--json",
                path("rows.json"),
                "--threads",
                "1");
    }

    @Test
    void aPolicyAgainstEverything() throws IOException {
        String[] all = Stream.concat(
                        arguments(),
                        Stream.of(
                                "--tokens",
                                "" + WINDOWS * STRETCH,
                                "--baselines",
                                "random,random-mix,fixed,fixed-2l,fixed-3l,uniform",
                                "--prefix",
                                "64",
                                "--stretch",
                                "" + STRETCH,
                                "--budgets",
                                ".7,.5"))
                .toArray(String[]::new);
        int code = Command.run(new EvalCommand(), new PrintWriter(out), new PrintWriter(err), all);

        assertThat(code).as(err.toString()).isZero();
        JsonNode rows = rows();
        assertThat(rows)
                .extracting(row ->
                        row.get("policy").asText() + " " + row.get("budget").asText())
                .containsExactly(
                        "dense 1.0",
                        "static 0.5",
                        "random 0.5",
                        "random-mix 0.5",
                        "fixed 0.5",
                        "fixed-3l 0.5",
                        "uniform 0.5",
                        "static 0.7",
                        "random 0.7",
                        "random-mix 0.7",
                        "fixed 0.7",
                        "fixed-2l 0.7",
                        "fixed-3l 0.7",
                        "uniform 0.7");
        double dense = rows.get(0).get("nll").asDouble();
        for (JsonNode row : rows) {
            String name = row.get("policy").asText();
            assertThat(row.get("tokens").asInt()).isEqualTo(WINDOWS * STRETCH);
            assertThat(row.get("net").asDouble())
                    .as(name)
                    .isCloseTo(row.get("budget").asDouble(), within(.02));
            assertThat(row.get("nll").asDouble()).as(name).isBetween(dense - .02, dense + 2);
            assertThat(row.get("ms_per_token").asDouble()).isBetween(1e-3, 1e3);
            if (name.equals("static")) {
                assertThat(row.get("distance").asDouble()).isLessThan(.02);
                assertThat(row.get("policy_ms_per_token").asDouble()).isPositive();
            } else if (row.get("matched").asBoolean() && !name.equals("dense")) {
                assertThat(row.get("distance").asDouble()).as(name).isLessThanOrEqualTo(1e-3);
                assertThat(row.at("/policy_minus_this/lo").asDouble())
                        .isLessThanOrEqualTo(row.at("/policy_minus_this/nats").asDouble());
            }
            if (name.equals("uniform")) { // what the static policy is, but for the order of its two values
                assertThat(row.at("/policy_minus_this/nats").asDouble()).isCloseTo(0, within(.03));
            }
        }
        assertThat(out.toString())
                .contains("8 windows, 128 tokens after a dense prefix of 64 in each", "knobs given, dense: 1024 tokens")
                .contains("budget 0.500", "budget 0.700", "static", "uniform");
    }

    @Test
    void aSignalKeepsWhatWasMeasured() throws Exception {
        Files.writeString(
                folder.resolve("story.txt"),
                "Once upon a time there was a king who had three daughters.\n".repeat(5_000));
        Process process = new ProcessBuilder(Stream.concat(
                                Stream.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        "--enable-native-access=ALL-UNNAMED",
                                        "-Dstdout.encoding=UTF-8",
                                        EvalCommand.class.getName(),
                                        "--no-timing",
                                        "--baselines",
                                        "random,uniform",
                                        "--out",
                                        path("results")),
                                arguments())
                        .toList())
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).contains("windows");
            assertThat(lines.readLine()).isEmpty();
            assertThat(lines.readLine()).startsWith("knobs given, dense: ");
            process.toHandle().destroy(); // SIGTERM

            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("eval: interrupted; the same command goes on from what is in ", "results");
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        assertThat(rows().get(0).get("policy").asText()).isEqualTo("dense");
    }

    /** Both name the policy that comes with the model, so the second only goes on in the folder of the first. */
    @Test
    void theEmbeddedModelsPolicyIsTheDefault() throws IOException {
        List<String> little = List.of(
                "--tokens", "64", "--prefix", "64", "--stretch", "64", "--budgets", ".6", "--baselines", "uniform");
        for (List<String> policy : List.of(List.<String>of(), List.of("--policy", "learned"))) {
            String[] all = Stream.of(little, policy, List.of("--no-timing", "--out", path("default")))
                    .flatMap(List::stream)
                    .toArray(String[]::new);
            assertThat(Command.run(new EvalCommand(), new PrintWriter(out), new PrintWriter(err), all))
                    .as(err.toString())
                    .isZero();
        }
        JsonNode results = new ObjectMapper()
                .readTree(folder.resolve("default/results.json").toFile());
        assertThat(results.at("/settings/policies/learned").asText()).hasSize(64);
        assertThat(results.get("rows")).hasSize(3);
    }

    /** All that can be asked for, on little text. */
    @Test
    void everythingOnLittleText() throws IOException {
        List<String> all = List.of(
                "--suite",
                "full",
                "--tokens",
                "128",
                "--prefix",
                "64",
                "--stretch",
                "64",
                "--validation-tokens",
                "64",
                "--budgets",
                ".6",
                "--refresh",
                "16",
                "--baselines",
                "fixed,static,entropy,drift,best-of-30,quantised",
                "--out",
                path("results"));
        int code = Command.run(
                new EvalCommand(),
                new PrintWriter(out),
                new PrintWriter(err),
                Stream.concat(arguments(), all.stream()).toArray(String[]::new));

        assertThat(code).as(err.toString()).isZero();
        for (String family : List.of("paper", "ours")) {
            List<JsonNode> rows = new ArrayList<>();
            rows().forEach(row -> rows.add(row));
            rows.removeIf(row -> !row.get("family").asText().equals(family));
            assertThat(rows)
                    .extracting(row -> row.get("id").asText().substring(family.length() + 1))
                    .contains("dense/1.0/dense", "quantised/1.0/Q8_0", "quantised/1.0/Q4_0")
                    .contains("static/0.6/policy", "static/0.6/fixed", "static/0.6/static", "static/0.6/entropy")
                    .contains("static/0.6/drift", "static/0.6/best-of-30", "static/0.6/quantised");
            for (JsonNode row : rows) {
                assertThat(row.get("flops_per_token").asDouble()).isBetween(1e5, 1e8);
                assertThat(row.get("bytes_per_token").asDouble()).isBetween(1e5, 1e8);
            }
        }
        assertThat(folder.resolve("results"))
                .isDirectoryContaining("glob:**rows.csv")
                .isDirectoryContaining("glob:**searches.csv")
                .isDirectoryContaining("glob:**trace.csv")
                .isDirectoryContaining("glob:**classes.csv");
        assertThat(Files.readAllLines(folder.resolve("results").resolve("searches.csv")))
                .hasSize(1 + 2 * 30);
    }
}
