package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** What the attention knob κ counts in a layer: {@code enum sol_attn_class}. */
public enum AttentionClass {
    /** No attention through the KV cache: κ does not reach the layer. */
    NONE(SolNative.SOL_ATTN_NONE()),
    /** All earlier positions. */
    FULL(SolNative.SOL_ATTN_FULL()),
    /** The positions within the layer's sliding window. */
    SLIDING(SolNative.SOL_ATTN_SLIDING());

    private final int code;

    AttentionClass(int code) {
        this.code = code;
    }

    static AttentionClass of(int code) {
        for (AttentionClass attention : values()) {
            if (attention.code == code) {
                return attention;
            }
        }
        throw new NativeErrorException("unknown sol_attn_class " + code);
    }
}
