package dev.sol.runtime.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.runtime.EngineException;
import dev.sol.runtime.Execution;
import dev.sol.runtime.SamplingOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several requests at once, on a decoder whose text depends on every token of a sequence and on its knobs. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContinuousBatchingTest {
    private static final Budget HALF = Budget.ofNet(0.5, ActionGrid.defaultGrid());
    private static final int CONTEXT = 400;
    private static final Pattern PREFILL = Pattern.compile("prefill (\\d+)");

    private final FakeDecoder decoder = new FakeDecoder(CONTEXT, 4, CONTEXT);
    private final CompletionEngine engine = CompletionEngine.start(decoder, 64);

    @AfterEach
    void close() {
        engine.close();
    }

    private static CompletionRequest.Builder request(String prompt, int tokens) {
        return CompletionRequest.builder(prompt).maxTokens(tokens).sampling(SamplingOptions.GREEDY.withSeed(7));
    }

    private CompletionHandle submit(CompletionRequest.Builder request) {
        return engine.submit(request.build(), CompletionListener.NONE);
    }

    private CompletionResult complete(CompletionRequest.Builder request) {
        return submit(request).result().join();
    }

    /** On a decoder of its own. */
    private static CompletionResult alone(CompletionRequest.Builder request) {
        return Alone.complete(new FakeDecoder(CONTEXT, 1, CONTEXT), request.build(), CompletionListener.NONE);
    }

    /** Submits all before the first is decoded. */
    private List<CompletionHandle> submitTogether(List<CompletionRequest.Builder> requests) {
        Semaphore gate = new Semaphore(0);
        decoder.gate = gate;
        List<CompletionHandle> handles = requests.stream().map(this::submit).toList();
        gate.release(1_000_000);
        return handles;
    }

    /** Tokens that all decodes had together, steps included. */
    private long decodedTokens() {
        return engine.statistics().batchTokens();
    }

    /** Which is faster than upstream's attention; reference mode keeps that. */
    @Test
    void stepsWithoutABudgetHaveDenseKnobsInSkipMode() {
        assertThat(complete(request("a", 3)).realised()).isNull();

        assertThat(decoder.calls.getLast()).startsWith("step ").endsWith(" " + Action.DENSE);
        FakeDecoder masking = new FakeDecoder(CONTEXT, 1, CONTEXT);
        masking.execution = Execution.REFERENCE;
        Alone.complete(masking, request("a", 3).build(), CompletionListener.NONE);
        assertThat(masking.calls.getLast()).startsWith("step ").endsWith(" null");
    }

    @Test
    void everyRequestGetsWhatItGetsAlone() {
        List<CompletionRequest.Builder> requests = IntStream.range(0, 40)
                .mapToObj(i -> request("prompt " + i % 7 + "x".repeat(i * 3), 10 + i)
                        .budget(i % 3 == 0 ? null : Budget.ofNet(0.3 + 0.02 * (i % 20), ActionGrid.defaultGrid()))
                        .policy(Policies.byName(i % 2 == 0 ? "uniform" : "random"))
                        .trace(true))
                .toList();
        List<CompletionHandle> handles = submitTogether(requests);

        for (int i = 0; i < requests.size(); i++) {
            CompletionResult result = handles.get(i).result().join();
            CompletionResult expected = alone(requests.get(i));
            assertThat(result.text()).as("request %d", i).isEqualTo(expected.text());
            assertThat(result.trace()).isEqualTo(expected.trace());
            assertThat(result.realised()).isEqualTo(expected.realised());
        }
        EngineStatistics statistics = engine.statistics();
        assertThat(statistics.decodeTokens()).isGreaterThan(2 * statistics.decodeBatches());
        assertThat(statistics.completed()).isEqualTo(40);
    }

    @Test
    void stepsOfAllShareABatch() {
        submitTogether(List.of(request("ab", 5), request("cde", 5), request("fghi", 5)))
                .forEach(handle -> handle.result().join());

        // the first may have begun before the others came
        assertThat(decoder.calls)
                .filteredOn(call -> call.split("\\|").length == 3)
                .hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void aLongPromptDoesNotStallAStream() {
        Semaphore gate = new Semaphore(0);
        decoder.gate = gate;
        List<CompletionHandle> handles = new ArrayList<>(
                List.of(submit(request("ab", 100)), submit(request("cd", 90).budget(HALF))));
        gate.release(3);
        while (engine.statistics().generatedTokens() < 2) {
            Thread.onSpinWait();
        }
        handles.add(submit(request("y".repeat(150), 2)));
        gate.release(1_000_000);
        handles.forEach(handle -> handle.result().join());

        List<Integer> prompts = decoder.calls.stream()
                .flatMapToInt(
                        call -> PREFILL.matcher(call).results().mapToInt(match -> Integer.parseInt(match.group(1))))
                .boxed()
                .toList();
        assertThat(prompts).endsWith(30, 30, 30, 30, 30); // and the two steps
        assertThat(decoder.calls)
                .filteredOn(call -> call.contains("prefill 30"))
                .allMatch(call -> call.split("step", -1).length == 3);
    }

    @Test
    void aShortPromptOvertakesALongOne() {
        List<String> ended = Collections.synchronizedList(new ArrayList<>());
        Semaphore gate = new Semaphore(0);
        decoder.gate = gate;
        CompletionHandle lengthy = engine.submit(request("l".repeat(250), 1).build(), _ -> ended.add("long"));
        CompletionHandle brief = engine.submit(request("short", 1).build(), _ -> ended.add("short"));
        gate.release(1_000_000);
        lengthy.result().join();
        brief.result().join();

        assertThat(ended).containsExactly("short", "long");
    }

    // ---- Prompt cache

    @Test
    void anEarlierPromptIsNotComputedAgain() {
        CompletionResult first = complete(request("the beginning", 20));
        long before = decodedTokens();
        CompletionResult again = complete(request("the beginning", 20));

        assertThat(first.cachedTokens()).isZero();
        assertThat(again.cachedTokens()).isEqualTo("the beginning".length() - 1);
        assertThat(again.timings().promptTokens()).isEqualTo(1);
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(decodedTokens() - before).isEqualTo(20); // one of the prompt, 19 steps
    }

    @Test
    void aConversationGoesOnFromItsAnswer() {
        CompletionResult first = complete(request("question", 20));
        String longer = "question" + first.text() + "next";
        CompletionResult second = complete(request(longer, 5));

        assertThat(second.cachedTokens()).isEqualTo(8 + 19); // the last token of the answer was never decoded
        assertThat(second.text()).isEqualTo(alone(request(longer, 5)).text());
    }

    @Test
    void whatWasDecodedWithKnobsIsNotReused() {
        CompletionResult first = complete(request("question", 20).budget(HALF));
        String longer = "question" + first.text() + "next";
        CompletionResult second = complete(request(longer, 5));

        assertThat(second.cachedTokens()).isEqualTo(8);
        assertThat(second.text()).isEqualTo(alone(request(longer, 5)).text());
    }

    @Test
    void theCacheCanBeDeclined() {
        complete(request("the beginning", 3));

        assertThat(complete(request("the beginning", 3).cachePrompt(false)).cachedTokens())
                .isZero();
    }

    @Test
    void answersToOnePromptComputeItOnce() {
        String prompt = "p".repeat(80);
        List<CompletionHandle> handles = submitTogether(
                List.of(request(prompt, 10), request(prompt, 10), request(prompt, 10), request(prompt, 10)));
        List<String> texts =
                handles.stream().map(handle -> handle.result().join().text()).toList();

        assertThat(texts).containsOnly(alone(request(prompt, 10)).text());
        assertThat(engine.statistics().promptTokens()).isEqualTo(80 + 3);
    }

    @Test
    void conversationsKeepTheirSlots() {
        List<String> prompts = new ArrayList<>(List.of("(a) one", "(b) two", "(c) three"));
        for (int turn = 0; turn < 4; turn++) {
            for (int i = 0; i < prompts.size(); i++) {
                CompletionResult result = complete(request(prompts.get(i), 6));
                assertThat(result.text())
                        .isEqualTo(alone(request(prompts.get(i), 6)).text());
                if (turn > 0) {
                    assertThat(result.cachedTokens())
                            .isGreaterThanOrEqualTo(prompts.get(i).length() - 6);
                }
                prompts.set(i, prompts.get(i) + result.text() + "more");
            }
        }
    }

    // ---- Capacity

    @Test
    void whoDoesNotFitBesideTheOthersWaitsForThem() {
        List<CompletionHandle> handles = submitTogether(IntStream.range(0, 9)
                .mapToObj(i -> request("r" + i + "z".repeat(90), 60))
                .toList());
        handles.forEach(handle -> {
            CompletionResult result = handle.result().join();
            assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
            assertThat(result.completionTokens()).isEqualTo(60);
            assertThat(result.cappedMaxTokens()).isEmpty();
        });
        assertThat(engine.statistics().cellsUsed()).isLessThanOrEqualTo(CONTEXT);
    }

    @Test
    void oneAloneHasTheWholeContext() {
        complete(request("cached ".repeat(20), 50));
        CompletionResult result = complete(request("x".repeat(50), 1000));

        assertThat(result.completionTokens()).isEqualTo(CONTEXT - 50 + 1);
        assertThat(result.cappedMaxTokens()).hasValue(CONTEXT - 50 + 1);
    }

    // ---- Failures and ends

    @Test
    void oneThatCannotBeDecodedFailsAlone() {
        decoder.poison = '!';
        List<CompletionRequest.Builder> requests = List.of(
                request("good one", 20),
                request("bad " + "b".repeat(50) + "!", 20),
                request("good two", 20).budget(HALF));
        List<CompletionHandle> handles = submitTogether(requests);

        assertThatThrownBy(() -> handles.get(1).result().join()).hasCauseInstanceOf(EngineException.class);
        for (int i : new int[] {0, 2}) {
            assertThat(handles.get(i).result().join().text())
                    .isEqualTo(alone(requests.get(i)).text());
        }
        assertThat(engine.statistics().failed()).isEqualTo(1);
    }

    @Test
    void aModelThatCannotForgetServesToo() {
        decoder.canForgetParts = false;
        decoder.poison = '!';
        List<CompletionRequest.Builder> requests = IntStream.range(0, 12)
                .mapToObj(i ->
                        request("same start " + i % 4 + (i == 5 ? "!" : ""), 12).budget(i % 2 == 0 ? null : HALF))
                .toList();
        List<CompletionHandle> handles = submitTogether(requests);

        assertThatThrownBy(() -> handles.get(5).result().join()).hasCauseInstanceOf(EngineException.class);
        for (int i = 0; i < requests.size(); i++) {
            if (i != 5) {
                String text = handles.get(i)
                        .result()
                        .handle((result, _) -> result == null ? "" : result.text())
                        .join();
                // its steps are lost if they shared a batch with what failed
                assertThat(text).isIn(alone(requests.get(i)).text(), "");
            }
        }
        assertThat(complete(request("same start", 5)).text())
                .isEqualTo(alone(request("same start", 5)).text());
    }

    @Test
    void whoSharesABatchWithACancelledPromptGoesOn() {
        decoder.gate = new Semaphore(0);
        CompletionHandle cancelled = submit(request("c".repeat(90), 5));
        CompletionHandle other = submit(request("other", 5));
        cancelled.cancel();

        assertThat(cancelled.result().join().finishReason()).isEqualTo(FinishReason.CANCELLED);
        requireNonNull(decoder.gate).release(1_000_000);
        assertThat(other.result().join().text())
                .isEqualTo(alone(request("other", 5)).text());
        assertThat(engine.statistics().cancelled()).isEqualTo(1);
    }

    @Test
    void aTimeoutBeforeTheFirstTokenIsAFailure() {
        Semaphore gate = new Semaphore(0);
        decoder.gate = gate;
        List<CompletionHandle> running = IntStream.range(0, 4)
                .mapToObj(i -> submit(request("run" + i, 3)))
                .toList();
        CompletionHandle waiting = submit(request("wait", 3).timeout(Duration.ofNanos(1)));
        gate.release(1_000_000);

        assertThatThrownBy(() -> waiting.result().join())
                .hasCauseInstanceOf(RequestTimeoutException.class)
                .hasMessageContaining("waiting");
        running.forEach(handle -> assertThat(handle.result().join().text()).hasSize(3));
    }

    @Test
    void aTimeoutAfterTheFirstTokenKeepsTheText() {
        Duration timeout = Duration.ofMillis(300);
        decoder.onDecode = () -> {
            if (decoder.calls.size() == 3) {
                pause(timeout);
            }
        };
        CompletionResult result = complete(request("abc", 50).timeout(timeout));

        assertThat(result.finishReason()).isEqualTo(FinishReason.TIMEOUT);
        assertThat(result.completionTokens()).isBetween(1, 3);
        assertThat(result.text()).hasSize(result.completionTokens());
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- What is reported

    @Test
    void everyTokenHasItsLogProbability() {
        List<TraceEntry> tokens = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        CompletionRequest request = request("abc", 6).topLogprobs(2).trace(true).build();
        CompletionResult result = engine.submit(request, new CompletionListener() {
                    @Override
                    public void onText(String piece) {
                        throw new AssertionError("not called");
                    }

                    @Override
                    public void onOutput(String piece, List<TraceEntry> with) {
                        text.append(piece);
                        tokens.addAll(with);
                    }
                })
                .result()
                .join();

        assertThat(text).hasToString(result.text());
        assertThat(tokens).hasSize(6).isEqualTo(result.tokens()).isEqualTo(result.trace());
        assertThat(tokens).allSatisfy(token -> {
            TokenLogprobs logprobs = requireNonNull(token.logprobs());
            assertThat(logprobs.logprob()).isEqualTo((float) Math.log(2.0 / 259));
            assertThat(logprobs.top()).hasSize(2);
            assertThat(logprobs.top().getFirst().token()).isEqualTo(token.token());
            assertThat(logprobs.top().get(1).logprob()).isEqualTo((float) Math.log(1.0 / 259));
        });
    }

    @Test
    void thePromptCanBeScoredWithoutGenerating() {
        complete(request("hello", 1)); // a cache would have no logits
        CompletionResult result = complete(request("hello", 0).promptLogprobs(true));

        assertThat(result.completionTokens()).isZero();
        assertThat(result.text()).isEmpty();
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(result.cachedTokens()).isZero();
        List<TraceEntry> prompt = requireNonNull(result.prompt());
        assertThat(prompt).extracting(TraceEntry::text).containsExactly("h", "e", "l", "l", "o");
        assertThat(prompt.getFirst().logprobs()).isNull();
        assertThat(prompt.subList(1, 5))
                .allSatisfy(token -> assertThat(requireNonNull(token.logprobs()).logprob())
                        .isIn((float) Math.log(1.0 / 259), (float) Math.log(2.0 / 259)));
    }

    @Test
    void longPromptsAreScoredInPieces() {
        CompletionResult result = complete(
                request("0123456789".repeat(12), 1).promptLogprobs(true).topLogprobs(1));
        List<TraceEntry> prompt = requireNonNull(result.prompt());

        assertThat(prompt).hasSize(120);
        byte[] text = "0123456789".repeat(12).getBytes(StandardCharsets.UTF_8);
        assertThat(prompt.stream().mapToInt(TraceEntry::token).toArray())
                .isEqualTo(IntStream.range(0, text.length).map(i -> text[i]).toArray());
        assertThat(Arrays.asList(requireNonNull(result.tokens()).getFirst().logprobs()))
                .doesNotContainNull();
    }

    @Test
    void aDeadlineIsMetOrNot() {
        assertThat(complete(request("abcdefgh", 20).deadlineMillis(1e7)).deadlineMet())
                .isTrue();
        CompletionResult late = complete(request("abcdefgh", 20).deadlineMillis(1e-3));

        assertThat(late.deadlineMet()).isFalse();
        assertThat(late.completionTokens()).isEqualTo(20);
        assertThat(late.requested().mlp()).isEqualTo(0.05);
        assertThat(late.requested().attn()).isLessThan(0.5); // as much as the forced positions cost anyway
        assertThat(requireNonNull(late.realised()).mlp()).isLessThan(0.2);
        assertThat(complete(request("abcdefgh", 20)).deadlineMet()).isNull();
    }

    @Test
    void statisticsCountWhatHappened() {
        complete(request("abcd", 5));
        complete(request("abcd", 5));
        EngineStatistics statistics = engine.statistics();

        assertThat(statistics.slots()).isEqualTo(4);
        assertThat(statistics.busySlots()).isZero();
        assertThat(statistics.queueLength()).isZero();
        assertThat(statistics.accepted()).isEqualTo(2);
        assertThat(statistics.completed()).isEqualTo(2);
        assertThat(statistics.promptTokens()).isEqualTo(5);
        assertThat(statistics.cachedTokens()).isEqualTo(3);
        assertThat(statistics.generatedTokens()).isEqualTo(10);
        assertThat(statistics.decodeTokens()).isEqualTo(8);
        assertThat(statistics.batchTokens()).isEqualTo(13);
        assertThat(statistics.cells()).isEqualTo(CONTEXT);
        assertThat(statistics.cellsUsed()).isEqualTo(16); // both answers are kept
    }
}
