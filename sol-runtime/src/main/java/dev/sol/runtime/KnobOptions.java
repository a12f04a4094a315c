package dev.sol.runtime;

/**
 * What the knobs mean in a context.
 *
 * @param attention how attended positions are chosen
 * @param sinks positions 0 … sinks-1 are always attended
 * @param window so are the newest {@code window} positions before the token, and the token itself
 * @param page positions in a page, at least 1. {@link AttentionCriterion#RECENCY} chooses single positions and does not use it
 * @param mlp how MLP units are chosen
 * @param group neurons in a unit: 1, 8 or 32
 */
public record KnobOptions(AttentionCriterion attention, int sinks, int window, int page, MlpCriterion mlp, int group) {

    /** Recency with 4 sinks and a window of 2; neuron groups of 8. */
    public static final KnobOptions DEFAULT =
            new KnobOptions(AttentionCriterion.RECENCY, 4, 2, 16, MlpCriterion.NEURON, 8);

    /** @throws RequestException if a value is out of range */
    public KnobOptions {
        requireAtLeast("sinks", sinks, 0);
        requireAtLeast("window", window, 0);
        requireAtLeast("page", page, 1);
        if (group != 1 && group != 8 && group != 32) {
            throw RequestException.invalid("mlp_criterion", "the neurons in a unit must be 1, 8 or 32, not " + group);
        }
    }

    /** Positions that every token attends: the sinks, the window and itself. Beyond them the attention knob has an effect. */
    public int forcedPositions() {
        return sinks + window + 1;
    }

    static void requireAtLeast(String name, int value, int minimum) {
        if (value < minimum) {
            throw RequestException.invalid(name, "%s must be at least %d, not %d".formatted(name, minimum, value));
        }
    }
}
