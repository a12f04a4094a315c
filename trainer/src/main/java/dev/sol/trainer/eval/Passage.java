package dev.sol.trainer.eval;

import java.util.List;

/**
 * Tokens of which the first are dense and not scored. Each later one is a decode step within the budget, scored on the token after it;
 * the last one is a label only.
 *
 * @param tokens all of them
 * @param prefix how many are dense: at least 1, and with a step after them
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere, changed nowhere
public record Passage(int[] tokens, int prefix) {

    /** @throws IllegalArgumentException if there is no step */
    public Passage {
        if (prefix < 1 || prefix > tokens.length - 2) {
            throw new IllegalArgumentException(
                    "a prefix of %d tokens leaves nothing to score in %d".formatted(prefix, tokens.length));
        }
    }

    /** The same prefix of windows. */
    public static List<Passage> of(List<int[]> windows, int prefix) {
        return windows.stream().map(window -> new Passage(window, prefix)).toList();
    }

    /** How many steps it has. */
    public int steps() {
        return tokens.length - prefix - 1;
    }

    /** The first step that is effective; {@link #steps} if none is. */
    int firstEffective(int forcedPositions) {
        return Math.clamp((long) forcedPositions - prefix, 0, steps()); // step t sees prefix + t + 1 positions
    }

    /** Steps that are effective. */
    int effectiveSteps(int forcedPositions) {
        return steps() - firstEffective(forcedPositions);
    }
}
