package dev.sol.runtime;

import java.util.Locale;

/** How tokens with knobs are computed. */
public enum Execution {
    /** Densely, with what is dropped masked: any mix of knobs, any architecture, no time saved. For training and tests. */
    REFERENCE,
    /**
     * By kernels that do not read what is dropped, in batches of up to 32 tokens and in the layers that {@link LayerKnobs} names.
     * Agrees with {@link #REFERENCE} up to rounding.
     */
    SKIP;

    /** The name in responses and on the command line: {@code reference}, {@code skip}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
