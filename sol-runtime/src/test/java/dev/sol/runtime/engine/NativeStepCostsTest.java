package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Action;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.KvType;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.TinyModels;
import dev.sol.runtime.cost.CostCache;
import dev.sol.runtime.cost.CostModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calibrations of tiny models. What they measure is the machine's; that they measure something, and keep it, is ours. */
@Tag("native")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeStepCostsTest {
    private static final ContextOptions OPTIONS =
            ContextOptions.DEFAULT.withThreads(1).withExecution(Execution.SKIP);

    private Path file = Path.of("");

    @BeforeAll
    void write(@TempDir Path folder) throws IOException {
        file = TinyModels.write(folder, "qwen3", "Q8_0");
    }

    @ParameterizedTest
    @CsvSource({"qwen3, RECENCY", "qwen3, MEAN", "gemma3, RECENCY", "qwen2moe, QUEST", "gpt2, RECENCY"})
    void everyStepHasACost(String architecture, AttentionCriterion criterion, @TempDir Path folder) throws IOException {
        Path model = TinyModels.write(folder, architecture, "F16");
        ContextOptions options = OPTIONS.withKnobs(KnobOptions.DEFAULT.withAttention(criterion));
        try (Model loaded = Model.load(model, ModelOptions.DEFAULT)) {
            CostModel costs = new StepCosts(loaded, options, new CostCache(folder)).get(() -> false);

            for (int depth : new int[] {0, 10, 500, 100_000}) {
                for (Action action : List.of(Action.DENSE, new Action(0.05, 0.05, 4), new Action(0.5, 1, 16))) {
                    assertThat(costs.millis(action, depth)).isPositive().isFinite();
                }
            }
        }
    }

    /** Whatever the model can do with its positions, and as often as it is asked. */
    @ParameterizedTest
    @CsvSource({"qwen3, true", "gemma3, false", "gpt2, false"})
    void sequencesOfAnyLength(String architecture, boolean movable, @TempDir Path folder) throws IOException {
        Path model = TinyModels.write(folder, architecture, "F16");
        try (Model loaded = Model.load(model, ModelOptions.DEFAULT);
                NativeStepTimer timer = new NativeStepTimer(loaded, OPTIONS, 400)) {
            assertThat(timer.capacity()).isEqualTo(400);
            for (int depth : new int[] {0, 5, 33, 390, 100, 101, 390}) {
                int reached = timer.fill(depth, 10);
                assertThat(reached).isLessThanOrEqualTo(390);
                if (movable) {
                    assertThat(reached).isEqualTo(depth);
                }
                for (int i = 0; i < 10; i++) {
                    assertThat(timer.step(new Action(0.5, 0.5, 16))).isPositive();
                }
            }
        }
    }

    @Test
    void whatWasMeasuredIsKeptUntilItIsMeasuredAgain(@TempDir Path folder) throws IOException {
        CostCache cache = new CostCache(folder);
        try (Model model = Model.load(file, ModelOptions.DEFAULT)) {
            StepCosts costs = new StepCosts(model, OPTIONS, cache);
            CostModel measured = costs.get(() -> false);
            assertThat(costs.get(NativeStepCostsTest::never)).isSameAs(measured);
            assertThat(new StepCosts(model, OPTIONS, cache).get(NativeStepCostsTest::never))
                    .isEqualTo(measured);

            CostModel again = costs.measure(() -> false);
            assertThat(costs.get(NativeStepCostsTest::never)).isSameAs(again);
            assertThat(new StepCosts(model, OPTIONS, cache).get(NativeStepCostsTest::never))
                    .isEqualTo(again);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    private static boolean never() {
        throw new AssertionError("measured again");
    }

    @Test
    void aCancelledMeasurementIsNotKept(@TempDir Path folder) {
        try (Model model = Model.load(file, ModelOptions.DEFAULT)) {
            StepCosts costs = new StepCosts(model, OPTIONS, new CostCache(folder));
            assertThatThrownBy(() -> costs.get(() -> true)).isInstanceOf(CancellationException.class);
            assertThat(folder).isEmptyDirectory();
            assertThat(costs.get(() -> false)).isNotNull();
        }
    }

    @Test
    void theKeyHasAllThatMatters(@TempDir Path folder) throws IOException {
        Path copy = Files.copy(file, folder.resolve("copy.gguf"));
        Files.setLastModifiedTime(copy, FileTime.fromMillis(0));
        Set<String> keys = new HashSet<>();
        try (Model model = Model.load(file, ModelOptions.DEFAULT);
                Model other = Model.load(copy, ModelOptions.DEFAULT)) {
            Stream.of(
                            CostKey.of(model, OPTIONS),
                            CostKey.of(other, OPTIONS),
                            CostKey.of(model, OPTIONS.withThreads(2)),
                            CostKey.of(model, OPTIONS.withExecution(Execution.REFERENCE)),
                            CostKey.of(model, OPTIONS.withSkipMlp(false)),
                            CostKey.of(model, OPTIONS.withKvType(KvType.Q8_0)),
                            CostKey.of(model, OPTIONS.withContextLength(100)),
                            CostKey.of(model, OPTIONS.withKnobs(KnobOptions.DEFAULT.withGroup(32))))
                    .forEach(key -> assertThat(keys.add(key)).as(key).isTrue());
            assertThat(CostKey.of(model, OPTIONS.withMaxSequences(5).withCells(1_000)))
                    .isEqualTo(CostKey.of(model, OPTIONS));
        }
    }
}
