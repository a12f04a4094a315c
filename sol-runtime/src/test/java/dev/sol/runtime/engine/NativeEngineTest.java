package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine on a tiny model. */
@Tag("native")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeEngineTest {
    private static final Budget HALF = Budget.ofNet(0.5, ActionGrid.defaultGrid());

    // A prompt of 500 tokens takes 500 decodes, so that a cancellation has something to hit.
    private static final ContextOptions SLOW =
            ContextOptions.DEFAULT.withThreads(1).withBatchSize(1, 1);

    private CompletionEngine engine;

    @BeforeAll
    void open(@TempDir Path folder) throws IOException {
        Path file = TinyModels.write(folder, "qwen3", "F32");
        engine = CompletionEngine.open(Model.load(file, ModelOptions.DEFAULT), SLOW, 4);
    }

    @AfterAll
    void close() {
        engine.close();
    }

    private CompletionResult complete(CompletionRequest.Builder request) {
        return engine.submit(request.build(), CompletionListener.NONE).result().join();
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "gpt2", "gemma3", "phi3", "qwen2moe"})
    void completesWithABudget(String architecture, @TempDir Path folder) throws IOException {
        Path file = TinyModels.write(folder, architecture, "Q8_0");
        try (CompletionEngine other = CompletionEngine.open(
                Model.load(file, ModelOptions.DEFAULT), ContextOptions.DEFAULT.withThreads(1), 0)) {
            CompletionRequest request = CompletionRequest.builder("Once upon a time there was")
                    .maxTokens(100)
                    .ignoreEos(true)
                    .budget(HALF)
                    .trace(true)
                    .sampling(SamplingOptions.DEFAULT.withSeed(1))
                    .build();
            List<String> pieces = new ArrayList<>();
            CompletionResult result =
                    other.submit(request, pieces::add).result().join();

            assertThat(result.completionTokens()).isEqualTo(100);
            assertThat(result.steps()).isEqualTo(99);
            assertThat(result.trace()).hasSize(100);
            assertThat(result.unreached()).isEmpty();
            assertThat(String.join("", pieces)).isEqualTo(result.text());
            assertThat(result.realised()).satisfies(realised -> {
                assertThat(realised.net()).isBetween(0.48, 0.52);
                assertThat(realised.attn()).isBetween(0.45, 0.55);
                assertThat(realised.mlp()).isBetween(0.48, 0.52);
                assertThat(realised.bits()).isBetween(7.7, 8.3);
            });
        }
    }

    @Test
    void aLongPromptIsCancelledAmidIt() throws Exception {
        long whole = System.nanoTime();
        CompletionRequest.Builder request =
                CompletionRequest.builder("a".repeat(500)).maxTokens(1).cachePrompt(false);
        complete(request);
        whole = System.nanoTime() - whole;

        CountDownLatch started = new CountDownLatch(1);
        CompletionHandle handle = engine.submit(request.build(), new CompletionListener() {
            @Override
            public void onText(String text) {}

            @Override
            public void onStart() {
                started.countDown();
            }
        });
        started.await();
        Thread.sleep(Math.max(whole / 4_000_000, 1));
        handle.cancel();
        CompletionResult result = handle.result().join();

        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.completionTokens()).isZero();
        assertThat(result.timings().promptMillis() * 1e6).isLessThan(whole * 0.9);
        assertThat(complete(request).completionTokens()).isEqualTo(1);
    }

    @Test
    void aGenerationIsCancelledBetweenItsSteps() {
        List<String> pieces = new ArrayList<>();
        CountDownLatch submitted = new CountDownLatch(1);
        List<CompletionHandle> handles = new ArrayList<>();
        handles.add(engine.submit(
                CompletionRequest.builder("x").maxTokens(400).ignoreEos(true).build(), piece -> {
                    pieces.add(piece);
                    if (pieces.size() == 5) {
                        try {
                            submitted.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        handles.getFirst().cancel();
                    }
                }));
        submitted.countDown();
        CompletionResult result = handles.getFirst().result().join();

        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.completionTokens()).isLessThan(400);
        assertThat(String.join("", pieces)).isEqualTo(result.text());
    }

    @Test
    void theContextIsNeverExceeded() {
        CompletionResult result = complete(CompletionRequest.builder("a".repeat(500))
                .maxTokens(100)
                .ignoreEos(true)
                .budget(HALF));

        assertThat(result.promptTokens()).isEqualTo(500);
        assertThat(result.completionTokens()).isEqualTo(13);
        assertThat(result.cappedMaxTokens()).hasValue(13);
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThatThrownBy(() -> complete(CompletionRequest.builder("a".repeat(513))))
                .hasCauseInstanceOf(RequestException.class)
                .hasMessageContaining("513")
                .hasMessageContaining("512");
        assertThat(complete(CompletionRequest.builder("a".repeat(512))).completionTokens())
                .isEqualTo(1);
    }

    @Test
    void earlierRequestsLeaveNoTrace() {
        CompletionRequest.Builder request = CompletionRequest.builder("the thin thing")
                .maxTokens(30)
                .ignoreEos(true)
                .sampling(SamplingOptions.DEFAULT.withSeed(3));
        CompletionResult first = complete(request.budget(null));
        complete(request.budget(HALF));

        assertThat(complete(request.budget(null)).text()).isEqualTo(first.text());
        assertThat(complete(request.budget(Budget.DENSE)).text()).isEqualTo(first.text());
    }

    @Test
    void penaltiesSeeThePrompt() {
        SamplingOptions once = new SamplingOptions(0, 0, 1, 0, 1, 0, 100, -1, SamplingOptions.GREEDY.seed());
        CompletionResult result = complete(CompletionRequest.builder("abcdefghijklmnopqrstuvwxyz")
                .maxTokens(60)
                .ignoreEos(true)
                .trace(true)
                .sampling(once));
        List<Integer> tokens = Objects.requireNonNull(result.trace()).stream()
                .map(TraceEntry::token)
                .toList();

        assertThat(tokens).hasSize(60).doesNotHaveDuplicates();
        for (int letter = 'a'; letter <= 'z'; letter++) {
            assertThat(tokens).doesNotContain(letter); // the first 256 tokens are the bytes
        }
    }
}
