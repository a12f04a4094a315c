package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.runtime.Execution;
import org.jspecify.annotations.Nullable;

/** The tokens of one completion in a batch: some of its prompt, or one decode step. */
final class BatchPart {
    private final Generation generation;
    private final int count;
    private final boolean prompt;
    private int last = -1;

    private BatchPart(Generation generation, int count, boolean prompt) {
        this.generation = generation;
        this.count = count;
        this.prompt = prompt;
    }

    /** The next {@code count} tokens of the prompt. */
    static BatchPart ofPrompt(Generation generation, int count) {
        return new BatchPart(generation, count, true);
    }

    /** The decode step that is pending. */
    static BatchPart ofStep(Generation generation) {
        return new BatchPart(generation, 1, false);
    }

    Generation generation() {
        return generation;
    }

    boolean isPrompt() {
        return prompt;
    }

    int count() {
        return count;
    }

    /** Adds the tokens to the decoder's batch. */
    void addTo(Decoder decoder) {
        Slot slot = generation.slot();
        if (!prompt) {
            last = decoder.add(slot.sequence(), slot.length(), generation.pending(), true, knobs(decoder));
            return;
        }
        int[] tokens = generation.task().prompt();
        int to = slot.length() + count;
        for (int i = slot.length(); i < to; i++) {
            boolean output = generation.wantsPromptOutputs() || i == tokens.length - 1;
            last = decoder.add(slot.sequence(), i, tokens[i], output, null);
        }
    }

    /**
     * What the step may spend. Skip mode's attention is that of dense knobs where there is no budget, too: upstream's reads a key once for
     * each query head, and goes through the cells of all sequences for each of them.
     */
    private @Nullable Action knobs(Decoder decoder) {
        Action chosen = generation.knobs();
        return chosen == null && decoder.execution() == Execution.SKIP ? Action.DENSE : chosen;
    }

    /**
     * Tells the completion that they were computed.
     *
     * @param nanos how long the batch took
     */
    void deliver(long nanos) {
        if (prompt) {
            generation.prefilled(generation.slot().length() + count, last);
        } else {
            generation.stepped(last, nanos);
        }
    }
}
