package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.runtime.ObservedState;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.Sampler;
import dev.sol.runtime.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * One completion while it has a slot, from the prompt to the result. The {@link Scheduler} computes its tokens, together with those of
 * others, and tells it.
 *
 * <p>The prompt is computed densely and gives the first token. Every further token costs one decode step of the token before
 * it, within the budget when the step is effective: when it sees more positions than the sinks, the window and its own.
 */
final class Generation {
    /** How it can end. */
    enum Outcome {
        COMPLETED,
        CANCELLED,
        FAILED
    }

    private final Decoder decoder;
    private final CompletionTask task;
    private final CompletionRequest request;
    private final Slot slot;
    private int cached;
    private final Allowance allowance;
    private final Spending spending;
    private final Decoder.Picker picker;
    private final Stopwatch watch;
    private final OutputText text;
    private final @Nullable List<TraceEntry> trace;
    private final @Nullable PromptScores promptScores;
    private final LogitsReader logits;

    private int generated;
    private int pending; // the last token, which was not decoded yet
    private @Nullable Action knobs; // for decoding it
    private @Nullable Runnable ending;
    private Outcome outcome = Outcome.COMPLETED;

    /**
     * Takes the first turn. The task's listener has been told.
     *
     * @param slot with what it has of the prompt
     * @throws RequestException if the budget cannot be used
     */
    Generation(Decoder decoder, CompletionTask task, Slot slot) {
        this.decoder = decoder;
        this.task = task;
        this.request = task.request();
        this.slot = slot;
        this.cached = slot.length();
        this.watch = new Stopwatch();
        SamplingOptions sampling = request.sampling().seed().isPresent()
                ? request.sampling()
                : request.sampling().withSeed(Sampler.randomSeed());
        this.allowance = allowance();
        this.spending = new Spending(
                decoder, task, allowance, Integer.toUnsignedLong(sampling.seed().orElseThrow()));
        this.text = new OutputText(request.stop(), task.listener(), request.wantsLogprobs());
        this.trace = request.trace() ? new ArrayList<>() : null;
        this.logits = new LogitsReader(decoder, Math.max(request.topLogprobs(), 0));
        this.promptScores = request.promptLogprobs() ? new PromptScores(decoder, task.prompt(), logits) : null;
        this.picker = decoder.picker(sampling, request.ignoreEos(), task.prompt());
    }

    private Allowance allowance() {
        try {
            return Allowance.of(task, decoder);
        } catch (CancellationException e) {
            return Allowance.UNLIMITED; // nothing will be spent
        }
    }

    CompletionTask task() {
        return task;
    }

    Slot slot() {
        return slot;
    }

    /** Whether tokens of the prompt are still to be computed. */
    boolean isPrefilling() {
        return slot.length() < task.prompt().length;
    }

    /** Whether the distribution after every token of the prompt is asked for. */
    boolean wantsPromptOutputs() {
        return promptScores != null;
    }

    /** The token that the next step decodes. */
    int pending() {
        return pending;
    }

    /** What the next step may spend; null: no knobs. */
    @Nullable Action knobs() {
        return knobs;
    }

    /** Tokens generated so far. */
    int generated() {
        return generated;
    }

    /** Tokens of the prompt that were not computed for it. */
    int cached() {
        return cached;
    }

    /** Whether it may have what others have computed of its prompt. */
    boolean mayShare() {
        return request.cachePrompt() && !request.promptLogprobs();
    }

    /** What completes the task's future; null until the completion has ended. */
    @Nullable Runnable ending() {
        return ending;
    }

    /** How it has ended. */
    Outcome outcome() {
        return outcome;
    }

    /**
     * Tokens of the prompt were computed.
     *
     * @param to how many the slot has now
     * @param last the index of the last of them in the batch
     */
    void prefilled(int to, int last) {
        int from = slot.length();
        if (promptScores != null) {
            promptScores.read(from, to, last);
        }
        slot.append(task.prompt(), to);
        if (isPrefilling()) {
            return;
        }
        watch.endPrompt();
        if (task.limit() == 0) {
            end(FinishReason.LENGTH);
        } else {
            pick(last);
        }
    }

    /** Its slot got tokens of the prompt from another one. */
    void addCached(int count) {
        cached += count;
    }

    /** The slot was emptied: the prompt begins again. */
    void restart() {
        cached = 0;
        if (promptScores != null) {
            promptScores.clear();
        }
    }

    /**
     * The pending token was decoded.
     *
     * @param index in the batch
     * @param nanos how long the batch took
     */
    void stepped(int index, long nanos) {
        slot.append(pending, knobs == null);
        spending.book(index, nanos);
        pick(index);
    }

    private void pick(int index) {
        int token = picker.pick(index);
        Action spent = generated == 0 ? null : spending.spent();
        generated++;
        TokenLogprobs logprobs = request.wantsLogprobs() ? logits.read(index, token) : null;
        boolean last = decoder.isEndOfGeneration(token);
        boolean shown = request.shownTokens().contains(token);
        if (last && !shown) {
            trace(new TraceEntry(token, "", spent, logprobs));
            end(FinishReason.STOP);
            return;
        }
        TraceEntry entry = new TraceEntry(token, text.decode(decoder.bytes(token, shown)), spent, logprobs);
        trace(entry);
        text.add(entry);
        if (last || text.stopped()) {
            end(FinishReason.STOP);
        } else if (generated == task.limit()) {
            end(FinishReason.LENGTH);
        } else {
            pending = token;
            // now, while the batch's results are there
            knobs = spending.choose(generated - 1, token, task.prompt().length + generated, state(index));
        }
    }

    private ObservedState state(int index) {
        return new ObservedState() {
            @Override
            public void hidden(float[] out) {
                decoder.hidden(index, out);
            }

            @Override
            public void embedding(int token, float[] out) {
                decoder.embedding(token, out);
            }

            @Override
            public double entropy() {
                return decoder.entropy(index);
            }
        };
    }

    private void trace(TraceEntry entry) {
        if (trace != null) {
            trace.add(entry);
        }
    }

    /** Its time is over. */
    void endTimedOut() {
        if (generated > 0) {
            end(FinishReason.TIMEOUT);
        } else {
            fail(task.timeoutFailure(true));
        }
    }

    /** Ends the completion without a result. */
    void fail(Throwable cause) {
        picker.close();
        outcome = Outcome.FAILED;
        ending = () -> task.fail(cause);
    }

    /** Ends the completion, with what there is of it. */
    void end(FinishReason reason) {
        Timings timings = watch.timings(task.prompt().length - cached, generated);
        String rest = text.finish();
        if (trace != null && !rest.isEmpty()) {
            trace.add(trace.removeLast().withMore(rest));
        }
        picker.close();
        CompletionResult result = result(reason, timings);
        outcome = reason == FinishReason.CANCELLED ? Outcome.CANCELLED : Outcome.COMPLETED;
        ending = () -> task.complete(result);
    }

    private CompletionResult result(FinishReason reason, Timings timings) {
        return new CompletionResult(
                text.shown(),
                reason,
                task.prompt().length,
                generated,
                spending.requested(),
                spending.realised(),
                allowance.budget() == null ? "dense" : request.policy().name(),
                decoder.execution(),
                allowance.predictedMillis(),
                Math.max(generated - 1, 0),
                spending.millis(),
                task.capped(),
                spending.reach().unreached(),
                timings,
                trace,
                cached,
                text.tokens(),
                promptScores == null ? null : promptScores.entries(),
                request.deadlineMillis().isPresent()
                        ? reason != FinishReason.CANCELLED && task.leftMillis() >= 0
                        : null);
    }
}
