package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** What the bits knob rounds: {@code enum sol_bits_site}. */
public enum BitsSite {
    /** The output of an MLP. */
    OUTPUT(SolNative.SOL_BITS_OUTPUT()),
    /** Its input, after the channels are chosen. */
    INPUT(SolNative.SOL_BITS_INPUT());

    private final int code;

    BitsSite(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static BitsSite of(int code) {
        for (BitsSite site : values()) {
            if (site.code == code) {
                return site;
            }
        }
        throw new NativeErrorException("unknown sol_bits_site " + code);
    }
}
