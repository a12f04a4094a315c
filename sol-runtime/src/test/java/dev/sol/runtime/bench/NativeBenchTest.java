package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sol.policy.Action;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.KvType;
import dev.sol.runtime.MlpGate;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.TinyModels;
import dev.sol.runtime.cli.Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sol bench} on tiny models: one round, whose times mean nothing. */
@Tag("native")
@Timeout(120)
class NativeBenchTest {
    private static final Shape TINY = new Shape("tiny", 2, 256, 512, 4, 2, 64, 320, 512, true);

    /** System property: stock's program, which the build makes with the native tests. */
    private static final String PROGRAM_PROPERTY = "dev.sol.stock-decode";

    /** A machine where nobody disturbs. */
    private static final Quiet QUIET = new Quiet() {
        @Override
        public void await() {}

        @Override
        public double watch(Runnable round) {
            round.run();
            return 0;
        }

        @Override
        public boolean accepts(double others) {
            return true;
        }
    };

    @TempDir
    Path folder;

    private static Path program() {
        Path program = Path.of(System.getProperty(PROGRAM_PROPERTY, ""));
        assumeThat(program)
                .as(
                        "stock's program (-D%s); `native-llama/build.sh tools` links it, but of a build with sanitizers",
                        PROGRAM_PROPERTY)
                .isExecutable();
        return program;
    }

    private static ContextOptions options(int depth, boolean predicted, KvType kv) {
        return ContextOptions.DEFAULT
                .withContextLength(OurSide.cells(depth))
                .withBatchSize(OurSide.SEED_TOKENS, OurSide.SEED_TOKENS)
                .withMaxSequences(OurSide.SEQUENCES)
                .withThreads(1)
                .withKvType(kv)
                .withExecution(Execution.SKIP)
                .withKnobs(KnobOptions.DEFAULT.withGate(predicted ? MlpGate.PREDICTED : MlpGate.EXACT));
    }

    @ParameterizedTest
    @EnumSource(WeightType.class)
    void randomModelsOfEveryTypeRunOnBothSides(WeightType type) throws InterruptedException {
        Subject subject = Subject.Synthetic.of(TINY, type).make(folder, new Subject.Needs(true, true), _ -> {});
        try (Contest contest = new Contest(program(), subject, predicted -> options(64, predicted, KvType.F16))) {
            Model model = contest.load(new Contest.Terms(1, false, 65, "f16"));
            assertThat(model.info().description()).containsIgnoringCase(type.id());
            assertThat(contest.layers()).hasSize(2).allMatch(layer -> layer.attnSkips());
            if (type.type().blockElements() <= 32) { // others may have no fast path; then they run, too
                assertThat(contest.layers()).allMatch(layer -> layer.mlpSkips());
            }
            assertThat(contest.processes()).hasSize(2).allMatch(ProcessHandle::isAlive);
            for (String name : List.of("dense@0", "attn.25+mlp.5@64", "ffn.5", "ffn.25p")) {
                List<Row.Round> rounds = new ArrayList<>();
                new Rounds(1, 1, QUIET).run(contest.sides(BenchCase.parse(name, 0)), rounds::add);
                assertThat(rounds).singleElement().satisfies(round -> {
                    assertThat(round.stock()).isPositive();
                    assertThat(round.ours()).isPositive();
                });
            }
        }
    }

    /** Each way to put such a number together: prompts shorter than the seed, doublings, smaller pieces, a rest. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 64, 95, 96, 127, 224, 255, 511})
    void theKvCacheIsFilledAsFarAsWanted(int depth) {
        Path file = SyntheticFile.model(TINY, WeightType.Q4_0).make(folder);
        for (KvType kv : KvType.values()) {
            try (Model model = Model.load(file, new ModelOptions(0, false));
                    OurSide ours = new OurSide(model, options(depth, false, kv));
                    StockProcess stock = StockProcess.start(program())) {
                ours.fill(depth);
                assertThat(ours.depth()).isEqualTo(depth);
                assertThat(ours.steps(3, new Action(.5, .5, 16))).hasSize(3).doesNotContain(0);
                assertThat(ours.depth()).isEqualTo(depth);

                stock.load(file, 1, true, OurSide.cells(depth), kv.key());
                stock.fill(depth);
                assertThat(stock.steps(3)).hasSize(3).doesNotContain(0);
            }
        }
    }

    @Test
    void cancellingEndsBothSides() {
        Path file = SyntheticFile.model(TINY, WeightType.Q8_0).make(folder);
        Subject subject = Subject.of("tiny", file, Optional.empty());
        try (Contest contest = new Contest(program(), subject, predicted -> options(32, predicted, KvType.F16))) {
            contest.load(new Contest.Terms(1, false, 33, "f16"));
            Rounds.Sides sides = contest.sides(BenchCase.parse("dense@32", 0));
            contest.cancel();
            assertThat(contest.isCancelled()).isTrue();
            assertThatThrownBy(() -> sides.ours().steps(1)).isInstanceOf(CancellationException.class);
            assertThatThrownBy(() -> sides.stock().steps(1)).isInstanceOf(BenchException.class);
        }
    }

    @Test
    void theCommandFromEndToEnd() throws IOException {
        Path model = TinyModels.write(folder, "qwen3", "Q8_0");
        Path json = folder.resolve("out.json");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        System.setProperty(BenchCommand.PROGRAM_PROPERTY, program().toString());
        try {
            int code = Command.run(
                    new BenchCommand(),
                    new PrintWriter(out),
                    new PrintWriter(err),
                    "--model=" + model,
                    "--cases=dense@0,mlp.5,attn.25+mlp.5,cost",
                    "--depth=100",
                    "--attn-criterion=mean",
                    "--attn-dropped=tail",
                    "--attn-choice=query",
                    "--rounds=1",
                    "--steps=1",
                    "--force",
                    "--json=" + json);
            assertThat(err.toString().lines())
                    .satisfiesExactly(
                            line -> assertThat(line).isEqualTo("[1/3] dense@0"),
                            line -> assertThat(line).startsWith("[2/3] mlp.5@100; "),
                            line -> assertThat(line).startsWith("[3/3] attn.25+mlp.5@100; "));
            assertThat(code).isZero();
        } finally {
            System.clearProperty(BenchCommand.PROGRAM_PROPERTY);
        }
        assertThat(out.toString())
                .contains(
                        "machine  ",
                        "stock    llama.cpp ",
                        "1 thread, KV cache f16",
                        "mean of pages of 16, chosen per query head with tail, neuron groups of 8");
        JsonNode root = new ObjectMapper().readTree(json.toFile());
        assertThat(root.path("rows"))
                .extracting(row -> row.path("case").asText())
                .containsExactly("dense@0", "mlp.5@100", "attn.25+mlp.5@100", "cost");
        assertThat(root.path("rows")).allMatch(row -> row.path("ratio").asDouble() > 0);
        assertThat(root.path("skips"))
                .isEqualTo(new ObjectMapper().readTree("{\"attn\": 2, \"mlp\": 2, \"layers\": 2}"));
        assertThat(root.at("/options/choice").asText()).isEqualTo("per query head");
        assertThat(root.at("/model/file_type").asText()).isEqualTo("Q8_0");
        assertThat(root.at("/builds/stock").asText()).contains("no patches");
    }
}
