package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** How tokens with knobs are computed: {@code enum sol_execution}. */
public enum Execution {
    /** Densely, with what is dropped masked. What is dense is upstream's, bit for bit. */
    REFERENCE(SolNative.SOL_EXECUTION_REFERENCE()),
    /** By kernels that leave out what is dropped, where there are any; batches above 32 tokens as {@link #REFERENCE}. */
    SKIP(SolNative.SOL_EXECUTION_SKIP());

    private final int code;

    Execution(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Execution of(int code) {
        for (Execution each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        throw new NativeErrorException("unknown sol_execution " + code);
    }
}
