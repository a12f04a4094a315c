package dev.sol.trainer.knobs;

import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.RequestException;

/**
 * What of a text is scored.
 *
 * @param context tokens in a window
 * @param prefix the first tokens of each, dense and not scored
 */
record Protocol(int context, int prefix) {
    /** The longest context that is not asked for. */
    static final int DEFAULT_CONTEXT = 1024;

    /** The default prefix is this part of the context. */
    static final int PREFIX_PART = 8;

    /** Shorter prefixes would leave tokens that attend everything anyway. */
    private static final int LEAST_PREFIX = KnobOptions.DEFAULT.forcedPositions();

    /**
     * Fills in the defaults.
     *
     * @param context 0 = the model's, at most {@value #DEFAULT_CONTEXT}
     * @param prefix 0 = an eighth of the context
     * @throws RequestException if they do not fit the model, or each other
     */
    static Protocol of(int context, int prefix, ModelInfo model) {
        int trained = model.contextLength();
        if (context < 0 || (trained > 0 && context > trained)) {
            throw RequestException.invalid(
                    "context",
                    "--context must be from 1 to %d, which the model was trained with, not %d"
                            .formatted(trained == 0 ? Integer.MAX_VALUE : trained, context));
        }
        int window = context > 0 ? context : Math.min(trained == 0 ? DEFAULT_CONTEXT : trained, DEFAULT_CONTEXT);
        int dense = prefix > 0 ? prefix : Math.max(LEAST_PREFIX, window / PREFIX_PART);
        if (prefix < 0 || dense < LEAST_PREFIX || dense > window - 2) {
            throw RequestException.invalid(
                    "prefix",
                    ("the prefix must be at least %d tokens, which every token attends anyway, and at most 2 less than the"
                                    + " context of %d; it is %d")
                            .formatted(LEAST_PREFIX, window, prefix < 0 ? prefix : dense));
        }
        return new Protocol(window, dense);
    }

    /** The last token of a window is a label only. */
    int scoredPerWindow() {
        return context - prefix - 1;
    }

    /** Windows that have at least so many scored tokens. */
    int windows(long tokens) {
        return (int) Math.min(Integer.MAX_VALUE, Math.ceilDiv(tokens, scoredPerWindow()));
    }
}
