package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import org.jspecify.annotations.Nullable;

/**
 * One token of a completion.
 *
 * @param token its id
 * @param text the characters that it completed; empty when it ends within one. Not cut at a stop string
 * @param knobs what the decode step was given to spend; null for the first token, which comes from the prompt, and for those of the
 *     prompt. Dense for steps that are not effective, and without a budget
 * @param logprobs what the model thought of it; null unless asked for, and for the first token of a prompt
 */
public record TraceEntry(
        int token,
        String text,
        @Nullable Action knobs,
        @Nullable TokenLogprobs logprobs) {

    /** Without what the model thought of it. */
    public TraceEntry(int token, String text, @Nullable Action knobs) {
        this(token, text, knobs, null);
    }

    /** The same token with more text. */
    TraceEntry withMore(String more) {
        return new TraceEntry(token, text + more, knobs, logprobs);
    }
}
