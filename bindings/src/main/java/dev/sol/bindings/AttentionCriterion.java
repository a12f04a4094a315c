package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** How the KV positions that a token attends are chosen: {@code enum sol_attn_criterion}. */
public enum AttentionCriterion {
    /** The sinks and the newest positions; no pages. */
    RECENCY(SolNative.SOL_ATTN_RECENCY()),
    /** The pages with the highest upper bound of q·k (Quest, Tang et al. 2024). */
    QUEST(SolNative.SOL_ATTN_QUEST()),
    /** The pages with the highest q·(mean key). */
    MEAN(SolNative.SOL_ATTN_MEAN());

    private final int code;

    AttentionCriterion(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static AttentionCriterion of(int code) {
        for (AttentionCriterion criterion : values()) {
            if (criterion.code == code) {
                return criterion;
            }
        }
        throw new NativeErrorException("unknown sol_attn_criterion " + code);
    }
}
