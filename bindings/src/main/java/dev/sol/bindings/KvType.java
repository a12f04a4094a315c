package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** The type of the keys and values in the KV cache: {@code enum sol_kv_type}. */
public enum KvType {
    /** Two bytes each. */
    F16(SolNative.SOL_KV_F16()),
    /** Half the memory; needs fused attention and heads of a multiple of 32. */
    Q8_0(SolNative.SOL_KV_Q8_0());

    private final int code;

    KvType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static KvType of(int code) {
        for (KvType each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        throw new NativeErrorException("unknown sol_kv_type " + code);
    }
}
