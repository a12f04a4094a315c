package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpGate;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sol prepare} on tiny random models. */
@Tag("native")
@Timeout(120)
class NativePrepareTest {
    private static final int TOKENS = 40;
    private static final Action HALF = new Action(1, .5, 16);

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void text() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            text.append("The %d-th of %d sentences says little. ".formatted(i, 7 * i % 31));
        }
        Files.writeString(folder.resolve("text.txt"), text);
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of(
                "--corpus",
                file("text.txt").toString(),
                "--model",
                file("tiny.gguf").toString(),
                "--tokens",
                "2048"));
        Arrays.stream(arguments)
                .map(argument -> argument.replace("@", folder + "/"))
                .forEach(all::add);
        return Command.run(
                new PrepareCommand(), new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
    }

    private static float[] logits(Model model, KnobOptions knobs, Action action) {
        ContextOptions options =
                ContextOptions.DEFAULT.withContextLength(64).withThreads(1).withKnobs(knobs);
        float[] logits = new float[TinyGguf.VOCABULARY];
        try (InferenceContext context = model.newContext(options)) {
            for (int i = 0; i < TOKENS; i++) {
                context.batch().add('a' + i * 7 % 26, i, 0, i == TOKENS - 1, i == TOKENS - 1 ? action : Action.DENSE);
            }
            context.decode();
            context.logits(TOKENS - 1, logits);
        }
        return logits;
    }

    private static double distance(float[] a, float[] b) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < a.length; i++) {
            difference += Math.pow(a[i] - b[i], 2);
            length += Math.pow(b[i], 2);
        }
        return Math.sqrt(difference / length);
    }

    @ParameterizedTest
    @CsvSource({"F32, true, 8, 1e-5", "F16, false, 32, 2e-3", "BF16, true, 8, 2e-2"})
    void theModelIsTheSame(TensorType type, boolean biases, int group, double tolerance) throws IOException {
        TinyGguf.write(file("tiny.gguf"), type, biases);
        assertThat(run("--out", "@out.gguf", "--group", Integer.toString(group)))
                .as(err.toString())
                .isZero();

        try (GgufFile before = GgufFile.open(file("tiny.gguf"));
                GgufFile after = GgufFile.open(file("out.gguf"))) {
            assertThat(after.tensors()).isEqualTo(before.tensors());
            assertThat(after.metadata(ModelWriter.GROUP_KEY).orElseThrow().asLong())
                    .isEqualTo(group);
            for (GgufTensor tensor : before.tensors()) {
                boolean neurons = tensor.name().matches("blk.*ffn_(gate|up|down).weight|blk.*ffn_(gate|up).bias");
                assertThat(after.data(tensor).mismatch(before.data(tensor)) >= 0)
                        .as(tensor.name())
                        .isEqualTo(neurons);
            }
        }
        try (Model before = Model.load(file("tiny.gguf"), ModelOptions.DEFAULT);
                Model after = Model.load(file("out.gguf"), ModelOptions.DEFAULT)) {
            float[] expected = logits(before, KnobOptions.DEFAULT, Action.DENSE);
            assertThat(distance(logits(after, KnobOptions.DEFAULT, Action.DENSE), expected))
                    .isLessThan(tolerance);
            // Single neurons are chosen wherever they are; groups are others now.
            KnobOptions single = KnobOptions.DEFAULT.withGroup(1);
            assertThat(distance(logits(after, single, HALF), logits(before, single, HALF)))
                    .isLessThan(5 * tolerance);
            KnobOptions groups = KnobOptions.DEFAULT.withGroup(8);
            assertThat(distance(logits(after, groups, HALF), logits(before, groups, HALF)))
                    .isGreaterThan(5 * tolerance);
        }
    }

    @Test
    void aPredictorOfFullRankPredicts() throws IOException {
        TinyGguf.write(file("tiny.gguf"), TensorType.F32, false);
        assertThat(run("--out", "@out.gguf", "--predictor", "@p.gguf", "--rank", "64"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("predicted gate, g = 8");

        ModelOptions options = ModelOptions.DEFAULT.withPredictor(file("p.gguf"));
        try (Model model = Model.load(file("out.gguf"), options)) {
            KnobOptions exact = KnobOptions.DEFAULT.withGroup(32);
            float[] expected = logits(model, exact, HALF);
            float[] dense = logits(model, exact, Action.DENSE);
            float[] predicted = logits(model, exact.withGate(MlpGate.PREDICTED), HALF);
            // Near ties may fall the other way: the predictor is quantised.
            assertThat(distance(predicted, expected)).isLessThan(distance(dense, expected) / 2);
        }
        try (GgufFile predictor = GgufFile.open(file("p.gguf"))) {
            assertThat(predictor.tensors())
                    .containsExactly(
                            GgufTensor.of("blk.0.sol_gate_in.weight", TensorType.Q8_0, 64, 64),
                            GgufTensor.of("blk.0.sol_gate_out.weight", TensorType.Q8_0, 64, 96),
                            GgufTensor.of("blk.1.sol_gate_in.weight", TensorType.Q8_0, 64, 64),
                            GgufTensor.of("blk.1.sol_gate_out.weight", TensorType.Q8_0, 64, 96));
            assertThat(predictor.metadata("sol.predictor.version").orElseThrow().asLong())
                    .isEqualTo(1);
        }
    }

    /** A gate's bias is not in the predictor: such a layer has none, and its exact gate is used. */
    @Test
    void noPredictorForGatesWithBias() throws IOException {
        TinyGguf.write(file("tiny.gguf"), TensorType.F16, true);
        assertThat(run("--predictor", "@p.gguf")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("no predictor: layer 0");
        try (GgufFile predictor = GgufFile.open(file("p.gguf"))) {
            assertThat(predictor.tensors())
                    .containsExactly(
                            GgufTensor.of("blk.1.sol_gate_in.weight", TensorType.Q8_0, 64, 32),
                            GgufTensor.of("blk.1.sol_gate_out.weight", TensorType.Q8_0, 32, 96));
        }
        assertThat(file("out.gguf")).doesNotExist();
        Model.load(file("tiny.gguf"), ModelOptions.DEFAULT.withPredictor(file("p.gguf")))
                .close();
    }

    @Test
    void theSameTwice() throws IOException {
        TinyGguf.write(file("tiny.gguf"), TensorType.F16, false);
        assertThat(run("--out", "@a.gguf", "--predictor", "@a.p", "--threads", "1"))
                .isZero();
        String report = out.toString();
        assertThat(run("--out", "@b.gguf", "--predictor", "@b.p", "--threads", "2"))
                .isZero();
        assertThat(out.toString()).isEqualTo(report);
        assertThat(Files.mismatch(file("a.gguf"), file("b.gguf"))).isEqualTo(-1);
        assertThat(Files.mismatch(file("a.p"), file("b.p"))).isEqualTo(-1);
    }

    @Test
    void quantisedAndEvaluated() throws IOException {
        TinyGguf.write(file("tiny.gguf"), TensorType.F16, false);
        assertThat(run(
                        "--out",
                        "@out.gguf",
                        "--quantize",
                        "q8_0",
                        "--evaluate",
                        "@text.txt",
                        "--evaluate-tokens",
                        "500"))
                .as(err.toString())
                .isZero();
        try (GgufFile after = GgufFile.open(file("out.gguf"))) {
            assertThat(after.tensor("blk.0.ffn_gate.weight").orElseThrow().type())
                    .isEqualTo(TensorType.Q8_0);
        }
        List<String> rows = out.toString().lines().toList();
        assertThat(rows)
                .anyMatch(row -> row.startsWith("before, g = 1 "))
                .anyMatch(row -> row.matches("after, g = 32 +\\d+\\.\\d{4} \\(.*–.*\\).*"));
        double dense = rows.stream()
                .filter(row -> row.startsWith("after, dense"))
                .mapToDouble(row -> Double.parseDouble(
                        row.substring("after, dense".length()).strip()))
                .findFirst()
                .orElseThrow();
        assertThat(dense).isCloseTo(1, within(.05));
        assertThat(names()).containsExactlyInAnyOrder("out.gguf", "text.txt", "tiny.gguf");
    }

    @Test
    void aTextThatIsTooShort() throws IOException {
        TinyGguf.write(file("tiny.gguf"), TensorType.F16, false);
        Files.writeString(file("text.txt"), "Short.");
        assertThat(run("--out", "@out.gguf")).isEqualTo(2);
        assertThat(err.toString()).contains("text.txt is too short");
        assertThat(names()).containsExactlyInAnyOrder("text.txt", "tiny.gguf");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(each -> String.valueOf(each.getFileName())).toList();
        }
    }
}
