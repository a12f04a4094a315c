package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.Grids;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Learned policies with random opinions serve a tiny model, within their budgets. */
@Tag("native")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NativeLearnedPolicyTest {
    private static final int TOKENS = 161;

    @TempDir
    Path folder;

    private CompletionEngine engine(Path model) {
        return CompletionEngine.open(
                Model.load(model, ModelOptions.DEFAULT),
                ContextOptions.DEFAULT.withThreads(1).withExecution(Execution.SKIP),
                4);
    }

    private static CompletionResult complete(CompletionEngine engine, CompletionRequest.Builder request) {
        return engine.submit(
                        request.maxTokens(TOKENS)
                                .ignoreEos(true)
                                .trace(true)
                                .sampling(SamplingOptions.DEFAULT.withSeed(1))
                                .build(),
                        CompletionListener.NONE)
                .result()
                .join();
    }

    private static CompletionRequest.Builder request() {
        return CompletionRequest.builder("Once upon a time there was a king who had a daughter");
    }

    /** On the way from the least to the most of each axis. At the least, shares of the few units round up to more. */
    private static Budget within(ActionGrid grid, double part) {
        double[] targets = Stream.of(Axis.values())
                .mapToDouble(axis -> grid.minimum(axis) + part * (grid.maximum(axis) - grid.minimum(axis)))
                .toArray();
        return Budget.of(targets[0], targets[1], targets[2], grid);
    }

    static Stream<Arguments> grids() {
        return Stream.of(
                Arguments.of(Grids.PAPER_2L, false),
                Arguments.of(Grids.PAPER_3L, true),
                Arguments.of(Grids.PAPER_FULL, false),
                Arguments.of(ActionGrid.defaultGrid(), true));
    }

    @ParameterizedTest
    @MethodSource("grids")
    void realisedMeansMeetTheBudget(ActionGrid grid, boolean entropy) throws IOException {
        Path model = TinyModels.write(folder, "qwen3", "Q8_0");
        Path file = PolicyFiles.write(folder.resolve("wild.safetensors"), model, grid, entropy, List.of());
        LearnedPolicy policy = new LearnedPolicies(() -> model).load(file);
        try (CompletionEngine engine = engine(model)) {
            for (double part : new double[] {.2, .4, .6, .8}) {
                Budget target = within(grid, part);
                CompletionResult result =
                        complete(engine, request().budget(target).policy(policy));

                assertThat(result.policy()).isEqualTo("wild");
                assertThat(result.requested()).isEqualTo(target);
                assertThat(result.steps()).isEqualTo(TOKENS - 1);
                Budget realised = Objects.requireNonNull(result.realised());
                for (Axis axis : Axis.values()) {
                    assertThat(axis.share(realised.get(axis)))
                            .as("%s at %s on %s", axis, part, grid)
                            .isCloseTo(axis.share(target.get(axis)), offset(.02));
                }
                // Opinions make more than the two values that a static policy would take.
                assertThat(Objects.requireNonNull(result.trace()).stream()
                                .map(TraceEntry::knobs)
                                .filter(Objects::nonNull)
                                .distinct()
                                .count())
                        .isGreaterThan(2);
            }
        }
    }

    @Test
    void equalRequestsHaveEqualActions() throws IOException {
        Path model = TinyModels.write(folder, "qwen3", "F32");
        Path file = PolicyFiles.write(folder.resolve("wild.safetensors"), model, Grids.PAPER_3L, true, List.of());
        LearnedPolicy policy = new LearnedPolicies(() -> model).load(file);
        try (CompletionEngine engine = engine(model)) {
            Budget target = policy.resolve(.6);
            CompletionResult first = complete(engine, request().budget(target).policy(policy));
            CompletionResult second = complete(engine, request().budget(target).policy(policy));

            assertThat(second.trace()).isEqualTo(first.trace());
        }
    }

    @Test
    void aTimePerTokenIncludesThePolicy() throws IOException {
        Path model = TinyModels.write(folder, "qwen3", "F32");
        Path file = PolicyFiles.write(folder.resolve("wild.safetensors"), model, Grids.PAPER_3L, false, List.of());
        LearnedPolicy policy = new LearnedPolicies(() -> model).load(file);
        try (CompletionEngine engine = engine(model)) {
            CompletionResult result = complete(engine, request().policy(policy).millisPerToken(1000));

            assertThat(result.requested()).isEqualTo(Budget.DENSE);
            assertThat(result.policy()).isEqualTo("wild");
            assertThat(result.predictedMillisPerToken().orElseThrow()).isBetween(1e-3, 1000.0);
            assertThat(result.millisPerToken()).isPositive();
        }
    }

    @Test
    void aPolicyServesQuantisationsOfItsModel() throws IOException {
        Path trained = TinyModels.write(folder, "qwen3", "F32");
        Path served = TinyModels.write(folder, "qwen3", "Q4_0");
        Path file = PolicyFiles.write(folder.resolve("wild.safetensors"), trained, Grids.PAPER_2L, false, List.of());

        assertThat(new LearnedPolicies(() -> served).load(file).name()).isEqualTo("wild");
    }
}
