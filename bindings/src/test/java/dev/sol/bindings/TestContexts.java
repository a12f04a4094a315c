package dev.sol.bindings;

/** Parameters of contexts for tests: one thread, and the defaults of the knobs where nothing else is said. */
final class TestContexts {
    private TestContexts() {}

    static ContextParams params(int cells, int sequences, int mlpGroup) {
        return new ContextParams(
                cells,
                cells + 64,
                cells,
                sequences,
                1,
                1,
                true,
                AttentionCriterion.RECENCY,
                4,
                2,
                16,
                AttentionChoice.PER_KV_HEAD,
                DroppedPages.NONE,
                MlpCriterion.NEURON,
                mlpGroup,
                BitsSite.OUTPUT);
    }

    /** For what knobs mean. */
    static ContextParams params(
            boolean flashAttention,
            AttentionCriterion attention,
            int page,
            AttentionChoice choice,
            DroppedPages dropped,
            MlpCriterion mlp,
            BitsSite bitsSite) {
        return new ContextParams(
                256, 256, 256, 1, 1, 1, flashAttention, attention, 4, 2, page, choice, dropped, mlp, 8, bitsSite);
    }
}
