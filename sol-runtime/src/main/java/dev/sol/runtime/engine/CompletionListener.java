package dev.sol.runtime.engine;

import java.util.List;

/**
 * Follows one completion. Called on the engine's decode thread, in order, and never after the result is complete. Must not
 * block: every running completion waits for it. So who writes to a slow reader hands the text over and returns, and cancels the
 * completion when too much of it has piled up. One that throws cancels its own request and no other.
 */
@FunctionalInterface
public interface CompletionListener {
    /** Ignores everything. */
    CompletionListener NONE = text -> {};

    /**
     * More of the text. Whole characters; nothing that may still turn out to be the start of a stop string. The pieces
     * concatenate to {@link CompletionResult#text()}.
     *
     * @param text not empty
     */
    void onText(String text);

    /**
     * More of the text, and the tokens that it ends: those whose characters have all been shown with it, each of them once and in
     * order. Tokens of which nothing is shown (of a stop string, the one that ends the text) never come. This is what the engine
     * calls; unless it is overridden, it passes the text on to {@link #onText}.
     *
     * @param text may be empty when {@code tokens} is not: a token need not complete a character
     * @param tokens may be empty when {@code text} is not
     */
    default void onOutput(String text, List<TraceEntry> tokens) {
        if (!text.isEmpty()) {
            onText(text);
        }
    }

    /** The request left the queue and its prompt is about to be computed. */
    default void onStart() {}
}
