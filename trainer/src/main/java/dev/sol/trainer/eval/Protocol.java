package dev.sol.trainer.eval;

import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.RequestException;

/**
 * What of a text is scored.
 *
 * @param windows how many, at most
 * @param prefix the first tokens of each, dense and not scored
 * @param stretch the scored tokens after it
 */
record Protocol(int windows, int prefix, int stretch) {
    /** The longest prefix and stretch that are not asked for. */
    static final int DEFAULT_LENGTH = 512;

    /** Of models that do not say with which they were trained. */
    private static final int UNKNOWN_CONTEXT = 2048;

    /**
     * Fills in the defaults.
     *
     * @param tokens to score, rounded up to whole windows
     * @param prefix 0 = what the stretch leaves of the context, at most 512
     * @param stretch 0 = half of the context, at most 512
     * @param forced positions that every token attends
     * @throws RequestException if they do not fit the model, or each other
     */
    static Protocol of(int tokens, int prefix, int stretch, int forced, ModelInfo model) {
        require("tokens", tokens, 1);
        require("prefix", prefix, 0);
        require("stretch", stretch, 0);
        int context = model.contextLength() == 0 ? UNKNOWN_CONTEXT : model.contextLength();
        int scored = stretch > 0
                ? stretch
                : Math.clamp((long) context - prefix - 1, 1, Math.min(DEFAULT_LENGTH, context / 2));
        int dense = prefix > 0 ? prefix : Math.clamp((long) context - scored - 1, 1, DEFAULT_LENGTH);
        if ((long) dense + scored + 1 > context) {
            throw RequestException.invalid(
                    "stretch",
                    "a prefix of %d tokens, a stretch of %d and the token after it do not fit the model's context of %d"
                            .formatted(dense, scored, context));
        }
        if (dense + scored <= forced) {
            throw RequestException.invalid(
                    "stretch",
                    "no step would be effective: every token attends %d positions in any case, and the windows have %d"
                            .formatted(forced, dense + scored));
        }
        return new Protocol(Math.ceilDiv(tokens, scored), dense, scored);
    }

    private static void require(String option, int value, int least) {
        if (value < least) {
            throw RequestException.invalid(option, "--%s must be at least %d, not %d".formatted(option, least, value));
        }
    }

    /** Tokens of a window. The last one is a label only. */
    int length() {
        return prefix + stretch + 1;
    }
}
