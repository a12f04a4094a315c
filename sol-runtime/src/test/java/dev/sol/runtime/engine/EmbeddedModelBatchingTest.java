package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Execution;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several completions of the embedded model at once. */
@Tag("model")
@Timeout(300)
class EmbeddedModelBatchingTest {
    private static final List<String> BEGINNINGS = List.of(
            "Once upon a time",
            "The king said to his daughter",
            "It was a dark night, and the rain",
            "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do");

    private static CompletionEngine open(int parallel, Execution execution) {
        return CompletionEngine.open(
                Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT),
                ContextOptions.DEFAULT
                        .withThreads(1)
                        .withMaxSequences(parallel)
                        .withCells(256 * parallel)
                        .withExecution(execution),
                64);
    }

    private static CompletionRequest.Builder greedy(String prompt, int tokens) {
        return CompletionRequest.builder(prompt)
                .maxTokens(tokens)
                .ignoreEos(true)
                .sampling(SamplingOptions.GREEDY.withSeed(1))
                .topLogprobs(2)
                .trace(true);
    }

    /**
     * Every fourth is dense, every other one has a budget for attention, which goes by positions alone. The rest choose neurons by their
     * scores and round: where scores are as good as equal, or a value lies between two steps, the order in which a batch adds its
     * numbers decides, and the answers drift apart.
     */
    private static CompletionRequest request(int i) {
        double share = 0.35 + 0.04 * i;
        return greedy(BEGINNINGS.get(i % BEGINNINGS.size()), 40 + 4 * i)
                .budget(
                        i % 4 == 0
                                ? null
                                : isExact(i) ? new Budget(share, 1, 16) : Budget.ofNet(share, ActionGrid.defaultGrid()))
                .policy(Policies.byName(i % 3 == 0 ? "uniform" : "random"))
                .build();
    }

    private static boolean isExact(int i) {
        return i % 2 == 0;
    }

    private static CompletionResult complete(CompletionEngine engine, CompletionRequest request) {
        return engine.submit(request, CompletionListener.NONE).result().join();
    }

    @ParameterizedTest
    @EnumSource(Execution.class)
    void sixteenAtOnceGetWhatEachGetsAlone(Execution execution) {
        List<CompletionRequest> requests =
                IntStream.range(0, 16).mapToObj(i -> request(i)).toList();
        List<CompletionResult> alone;
        try (CompletionEngine engine = open(1, execution)) {
            alone = requests.stream().map(request -> complete(engine, request)).toList();
        }
        try (CompletionEngine engine = open(16, execution)) {
            List<CompletionHandle> handles = requests.stream()
                    .map(request -> engine.submit(request, CompletionListener.NONE))
                    .toList();
            for (int i = 0; i < requests.size(); i++) {
                CompletionResult result = handles.get(i).result().join();
                if (isExact(i)) {
                    Answers.assertSame(result, alone.get(i));
                } else {
                    Answers.assertAlike(result, alone.get(i));
                }
                assertThat(result.completionTokens()).isEqualTo(alone.get(i).completionTokens());
                if (result.realised() != null && i % 4 != 0) {
                    assertThat(result.realised().net())
                            .isCloseTo(result.requested().net(), offset(0.02));
                }
            }
            assertThat(engine.statistics().decodeTokens())
                    .isGreaterThan(4 * engine.statistics().decodeBatches());
        }
    }

    @Test
    void aCachedPromptGivesWhatAColdOneDoes() {
        try (CompletionEngine engine = open(4, Execution.SKIP)) {
            CompletionRequest.Builder request = greedy(BEGINNINGS.getLast(), 60);
            CompletionResult cold = complete(engine, request.build());
            CompletionResult warm = complete(engine, request.build());
            CompletionResult declined =
                    complete(engine, request.cachePrompt(false).build());

            assertThat(cold.cachedTokens()).isZero();
            assertThat(warm.cachedTokens()).isEqualTo(warm.promptTokens() - 1);
            assertThat(declined.cachedTokens()).isZero();
            Answers.assertSame(warm, cold);
            Answers.assertSame(declined, cold);

            String longer = BEGINNINGS.getLast() + cold.text();
            CompletionRequest next = greedy(longer, 20).build();
            CompletionResult goesOn = complete(engine, next);
            assertThat(goesOn.cachedTokens()).isGreaterThan(cold.promptTokens());
            try (CompletionEngine fresh = open(1, Execution.SKIP)) {
                Answers.assertSame(goesOn, complete(fresh, next));
            }
        }
    }

    /** A prefix whose end was computed with knobs would change what follows. */
    @Test
    void anAnswerWithABudgetIsNotReused() {
        try (CompletionEngine engine = open(4, Execution.SKIP);
                CompletionEngine fresh = open(1, Execution.SKIP)) {
            Budget least = Budget.ofNet(0.3, ActionGrid.defaultGrid());
            CompletionResult first = complete(
                    engine, greedy(BEGINNINGS.getFirst(), 60).budget(least).build());
            CompletionRequest next =
                    greedy(BEGINNINGS.getFirst() + first.text(), 20).build();
            CompletionResult goesOn = complete(engine, next);

            // the first steps of an answer may be too short for knobs
            assertThat(goesOn.cachedTokens()).isBetween(first.promptTokens() - 1, first.promptTokens() + 7);
            Answers.assertSame(goesOn, complete(fresh, next));
        }
    }

    @Test
    void answersToOnePromptShareIt() {
        try (CompletionEngine engine = open(4, Execution.SKIP)) {
            List<CompletionHandle> handles = IntStream.range(0, 4)
                    .mapToObj(i -> greedy(BEGINNINGS.getLast() + ", " + BEGINNINGS.getLast(), 30)
                            .sampling(SamplingOptions.DEFAULT.withSeed(i))
                            .build())
                    .map(request -> engine.submit(request, CompletionListener.NONE))
                    .toList();
            List<CompletionResult> results =
                    handles.stream().map(handle -> handle.result().join()).toList();

            assertThat(results).extracting(CompletionResult::text).doesNotHaveDuplicates();
            assertThat(results.stream().filter(result -> result.cachedTokens() > 30))
                    .hasSize(3);
            assertThat(engine.statistics().promptTokens())
                    .isLessThan(2L * results.getFirst().promptTokens());
        }
    }

    @Test
    void whoIsCancelledDoesNotChangeTheOthers() {
        CompletionRequest request = request(6);
        CompletionResult alone;
        try (CompletionEngine engine = open(1, Execution.SKIP)) {
            alone = complete(engine, request);
        }
        Random random = new Random(1);
        try (CompletionEngine engine = open(4, Execution.SKIP)) {
            for (int round = 0; round < 20; round++) {
                CompletionHandle kept = engine.submit(request, CompletionListener.NONE);
                List<CompletionHandle> others = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    others.add(engine.submit(request(random.nextInt(16)), CompletionListener.NONE));
                }
                others.forEach(other -> {
                    pause(random.nextInt(3));
                    other.cancel();
                });
                others.forEach(other -> assertThat(other.result().join().finishReason())
                        .isIn(FinishReason.CANCELLED, FinishReason.LENGTH));
                Answers.assertSame(kept.result().join(), alone);
            }
        }
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRequestThatCannotBeServedDoesNotDisturbTheOthers() throws Exception {
        try (CompletionEngine engine = open(4, Execution.SKIP)) {
            CountDownLatch started = new CountDownLatch(1);
            CompletionHandle good =
                    engine.submit(greedy(BEGINNINGS.getFirst(), 100).build(), _ -> started.countDown());
            started.await();
            CompletionHandle tooLong =
                    engine.submit(greedy("word ".repeat(300), 1).build(), CompletionListener.NONE);
            CompletionHandle unattainable = engine.submit(
                    greedy(BEGINNINGS.get(1), 20).millisPerToken(1e-6).build(), CompletionListener.NONE);

            assertThatThrownBy(() -> tooLong.result().join())
                    .hasCauseInstanceOf(RequestException.class)
                    .hasMessageContaining("256");
            assertThatThrownBy(() -> unattainable.result().join()).hasCauseInstanceOf(RequestException.class);
            assertThat(good.result().join().completionTokens()).isEqualTo(100);
            assertThat(engine.statistics().failed()).isEqualTo(1); // what was never accepted is not counted
        }
    }

    @Test
    void aDeadlineIsKeptOrReported() {
        try (CompletionEngine engine = open(2, Execution.SKIP)) {
            CompletionResult easy = complete(
                    engine,
                    greedy(BEGINNINGS.getFirst(), 50).deadlineMillis(1e6).build());
            CompletionResult late = complete(
                    engine,
                    greedy(BEGINNINGS.getFirst(), 50).deadlineMillis(1e-3).build());

            assertThat(easy.deadlineMet()).isTrue();
            assertThat(easy.requested()).isEqualTo(Budget.DENSE);
            assertThat(late.deadlineMet()).isFalse();
            assertThat(late.completionTokens()).isEqualTo(50);
            assertThat(late.requested().net()).isLessThan(0.9);
        }
    }

    /** OpenAI's echo with logprobs and max_tokens 0. */
    @Test
    void aPromptsProbabilitiesAreThoseOfGeneratingIt() {
        try (CompletionEngine engine = open(1, Execution.REFERENCE)) {
            CompletionResult generated =
                    complete(engine, greedy(BEGINNINGS.getFirst(), 40).build());
            List<Integer> tokens = new ArrayList<>();
            for (int token : engine.model().tokenizer().encode(BEGINNINGS.getFirst(), true, true)) {
                tokens.add(token);
            }
            List<TraceEntry> trace = Objects.requireNonNull(generated.trace());
            trace.forEach(entry -> tokens.add(entry.token()));
            CompletionResult scored = complete(
                    engine,
                    CompletionRequest.builder(new Prompt.Tokens(tokens))
                            .maxTokens(0)
                            .promptLogprobs(true)
                            .topLogprobs(2)
                            .build());

            List<TraceEntry> prompt = Objects.requireNonNull(scored.prompt());
            assertThat(prompt).hasSize(tokens.size());
            for (int i = 0; i < trace.size(); i++) {
                TokenLogprobs one = Objects.requireNonNull(trace.get(i).logprobs());
                TokenLogprobs other = Objects.requireNonNull(
                        prompt.get(generated.promptTokens() + i).logprobs());
                assertThat(other.logprob()).isCloseTo(one.logprob(), offset(5e-3f));
                assertThat(other.entropy()).isCloseTo(one.entropy(), offset(1e-2f));
            }
        }
    }
}
