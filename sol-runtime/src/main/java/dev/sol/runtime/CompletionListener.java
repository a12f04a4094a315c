package dev.sol.runtime;

/**
 * Follows one completion. Called on the engine's decode thread, in order, and never after the result is complete. Must not
 * block: the decode waits for it. One that throws cancels its own request and no other.
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

    /** The request left the queue and its prompt is about to be computed. */
    default void onStart() {}
}
