package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.runtime.ClosedException;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several completions at once on tiny models of many kinds: with sliding windows, fused projections, experts. */
@Tag("native")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NativeBatchingTest {
    private static final int SLOTS = 4;

    private static CompletionEngine open(Path file, int parallel) {
        return CompletionEngine.open(
                Model.load(file, ModelOptions.DEFAULT),
                ContextOptions.DEFAULT.withThreads(1).withMaxSequences(parallel).withExecution(Execution.SKIP),
                64);
    }

    private static CompletionRequest request(int i) {
        return CompletionRequest.builder("a tale of two cities " + "and more ".repeat(i % 5))
                .maxTokens(40 + i)
                .ignoreEos(true)
                .sampling(SamplingOptions.GREEDY.withSeed(1))
                .budget(i % 3 == 0 ? null : Budget.ofNet(0.4 + 0.05 * i, ActionGrid.defaultGrid()))
                .topLogprobs(2)
                .trace(true)
                .build();
    }

    /** Twice as many as slots, and again: from what the first have left. */
    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "gpt2", "gemma3", "phi3", "qwen2moe"})
    void everyRequestGetsWhatItGetsAlone(String architecture, @TempDir Path folder) throws IOException {
        Path file = TinyModels.write(folder, architecture, "F32");
        List<CompletionRequest> requests =
                IntStream.range(0, 2 * SLOTS).mapToObj(i -> request(i)).toList();
        List<CompletionResult> alone;
        try (CompletionEngine engine = open(file, 1)) {
            alone = requests.stream()
                    .map(request -> engine.submit(request, CompletionListener.NONE)
                            .result()
                            .join())
                    .toList();
        }
        try (CompletionEngine engine = open(file, SLOTS)) {
            for (int round = 0; round < 2; round++) {
                List<CompletionHandle> handles = requests.stream()
                        .map(request -> engine.submit(request, CompletionListener.NONE))
                        .toList();
                for (int i = 0; i < handles.size(); i++) {
                    Answers.assertSame(handles.get(i).result().join(), alone.get(i));
                }
            }
            assertThat(engine.statistics().cachedTokens()).isPositive();
            assertThat(engine.statistics().completed()).isEqualTo(4L * SLOTS);
        }
    }

    @Test
    void aStepOfAllSlotsMustFitABatch(@TempDir Path folder) throws IOException {
        Model model = Model.load(TinyModels.write(folder, "qwen3", "F32"), ModelOptions.DEFAULT);
        ContextOptions options =
                ContextOptions.DEFAULT.withThreads(1).withBatchSize(2, 2).withMaxSequences(3);

        assertThatThrownBy(() -> CompletionEngine.open(model, options, 0))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("lower --parallel");
        assertThatThrownBy(model::info).isInstanceOf(ClosedException.class);
    }
}
