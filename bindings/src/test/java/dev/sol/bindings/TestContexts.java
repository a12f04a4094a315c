package dev.sol.bindings;

/** Parameters of contexts for tests: one thread, and the defaults of the knobs where nothing else is said. */
final class TestContexts {
    private TestContexts() {}

    static ContextParams params(int cells, int sequences, int mlpGroup) {
        return params(cells, sequences, mlpGroup, KvType.F16, MlpGate.EXACT, Execution.REFERENCE, true, false);
    }

    /** For how knobs are computed. */
    static ContextParams params(
            int cells,
            int sequences,
            int mlpGroup,
            KvType kvType,
            MlpGate gate,
            Execution execution,
            boolean skipMlp,
            boolean recordMlp) {
        return new ContextParams(
                cells,
                cells + 64,
                cells,
                sequences,
                1,
                1,
                true,
                kvType,
                AttentionCriterion.RECENCY,
                4,
                2,
                16,
                AttentionChoice.PER_KV_HEAD,
                DroppedPages.NONE,
                MlpCriterion.NEURON,
                mlpGroup,
                gate,
                BitsSite.OUTPUT,
                execution,
                skipMlp,
                recordMlp);
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
                256,
                256,
                256,
                1,
                1,
                1,
                flashAttention,
                KvType.F16,
                attention,
                4,
                2,
                page,
                choice,
                dropped,
                mlp,
                8,
                MlpGate.EXACT,
                bitsSite,
                Execution.REFERENCE,
                true,
                false);
    }
}
