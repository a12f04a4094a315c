package dev.sol.runtime.engine;

/** Why a completion ended. */
public enum FinishReason {
    /** The model ended the text, or a stop string appeared. */
    STOP("stop"),
    /** As many tokens as were asked for, or as fit the context. */
    LENGTH("length"),
    /** The time of {@link CompletionRequest#timeout} was over. Clients know no such reason: to them the text was cut off. */
    TIMEOUT("length"),
    /** {@link CompletionHandle#cancel}, or a listener that threw. */
    CANCELLED("cancelled");

    private final String key;

    FinishReason(String key) {
        this.key = key;
    }

    /** The name in responses. */
    public String key() {
        return key;
    }
}
