package dev.sol.runtime;

/**
 * What the knobs mean in a context.
 *
 * @param attention how attended positions are chosen
 * @param sinks positions 0 … sinks-1 are always attended
 * @param window so are the newest {@code window} positions before the token, and the token itself
 * @param page positions in a page, 1 to {@value #MAX_PAGE}. {@link AttentionCriterion#RECENCY} chooses single positions and does
 *     not use it; the others always keep the pages of the sinks, the window and the token itself
 * @param choice which query heads choose pages together
 * @param dropped what stands in for a dropped page; {@link DroppedPages#TAIL} needs a criterion with pages
 * @param mlp how MLP units are chosen
 * @param group neurons in a unit: 1, 8 or 32. {@link MlpCriterion#CHANNEL} does not use it
 * @param gate what neurons are scored by; {@link MlpGate#PREDICTED} needs a model with a predictor
 * @param bitsSite what b rounds
 */
public record KnobOptions(
        AttentionCriterion attention,
        int sinks,
        int window,
        int page,
        AttentionChoice choice,
        DroppedPages dropped,
        MlpCriterion mlp,
        int group,
        MlpGate gate,
        BitsSite bitsSite) {

    /** Positions in the largest page. */
    public static final int MAX_PAGE = 1024;

    /**
     * Recency with 4 sinks and a window of 2; pages, for criteria that have them, of 16 positions, chosen per KV head, without a
     * tail; neuron groups of 8 by their exact gates; bits on the MLP output.
     */
    public static final KnobOptions DEFAULT = new KnobOptions(
            AttentionCriterion.RECENCY,
            4,
            2,
            16,
            AttentionChoice.PER_KV_HEAD,
            DroppedPages.NONE,
            MlpCriterion.NEURON,
            8,
            MlpGate.EXACT,
            BitsSite.OUTPUT);

    /** @throws RequestException if a value is out of range, or two do not go together */
    public KnobOptions {
        requireAtLeast("sinks", sinks, 0);
        requireAtLeast("window", window, 0);
        requireAtLeast("page", page, 1);
        if (page > MAX_PAGE) {
            throw RequestException.invalid("page", "page must be at most %d, not %d".formatted(MAX_PAGE, page));
        }
        if (dropped == DroppedPages.TAIL && !attention.hasPages()) {
            throw RequestException.invalid(
                    "attn_dropped", "a tail stands in for dropped pages, and recency has none: use quest or mean");
        }
        if (group != 1 && group != 8 && group != 32) {
            throw RequestException.invalid("mlp_criterion", "the neurons in a unit must be 1, 8 or 32, not " + group);
        }
    }

    /** These options with another attention criterion. */
    public KnobOptions withAttention(AttentionCriterion value) {
        return new KnobOptions(value, sinks, window, page, choice, dropped, mlp, group, gate, bitsSite);
    }

    /** These options with other positions that are always attended. */
    public KnobOptions withForced(int sinkCount, int windowLength) {
        return new KnobOptions(attention, sinkCount, windowLength, page, choice, dropped, mlp, group, gate, bitsSite);
    }

    /** These options with another page size. */
    public KnobOptions withPage(int value) {
        return new KnobOptions(attention, sinks, window, value, choice, dropped, mlp, group, gate, bitsSite);
    }

    /** These options with another choice. */
    public KnobOptions withChoice(AttentionChoice value) {
        return new KnobOptions(attention, sinks, window, page, value, dropped, mlp, group, gate, bitsSite);
    }

    /** These options with something else in place of dropped pages. */
    public KnobOptions withDropped(DroppedPages value) {
        return new KnobOptions(attention, sinks, window, page, choice, value, mlp, group, gate, bitsSite);
    }

    /** These options with another MLP criterion. */
    public KnobOptions withMlp(MlpCriterion value) {
        return new KnobOptions(attention, sinks, window, page, choice, dropped, value, group, gate, bitsSite);
    }

    /** These options with so many neurons in a unit. */
    public KnobOptions withGroup(int value) {
        return new KnobOptions(attention, sinks, window, page, choice, dropped, mlp, value, gate, bitsSite);
    }

    /** These options with neurons scored by another gate. */
    public KnobOptions withGate(MlpGate value) {
        return new KnobOptions(attention, sinks, window, page, choice, dropped, mlp, group, value, bitsSite);
    }

    /** These options with the bits somewhere else. */
    public KnobOptions withBitsSite(BitsSite value) {
        return new KnobOptions(attention, sinks, window, page, choice, dropped, mlp, group, gate, value);
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
