package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** Which query heads choose pages together: {@code enum sol_attn_choice}. */
public enum AttentionChoice {
    /** The query heads of a KV head. */
    PER_KV_HEAD(SolNative.SOL_ATTN_PER_KV_HEAD()),
    /** Each chooses for itself. */
    PER_QUERY_HEAD(SolNative.SOL_ATTN_PER_QUERY_HEAD()),
    /** All heads of a layer. */
    SHARED(SolNative.SOL_ATTN_SHARED());

    private final int code;

    AttentionChoice(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static AttentionChoice of(int code) {
        for (AttentionChoice choice : values()) {
            if (choice.code == code) {
                return choice;
            }
        }
        throw new NativeErrorException("unknown sol_attn_choice " + code);
    }
}
