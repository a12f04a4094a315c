package dev.sol.runtime;

import java.util.Locale;

/** The type of the keys and values in the KV cache. */
public enum KvType {
    /** Two bytes each. */
    F16,
    /** Half the memory, and half of what attention reads; needs fused attention and heads of a multiple of 32 floats. */
    Q8_0;

    /** The name on the command line: {@code f16}, {@code q8_0}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
