package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** What stands in for a dropped page: {@code enum sol_attn_dropped}. */
public enum DroppedPages {
    /** Nothing. */
    NONE(SolNative.SOL_ATTN_DROPPED_NONE()),
    /** One position with the page's mean key and mean value, weighted by its number of positions. */
    TAIL(SolNative.SOL_ATTN_DROPPED_TAIL());

    private final int code;

    DroppedPages(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static DroppedPages of(int code) {
        for (DroppedPages dropped : values()) {
            if (dropped.code == code) {
                return dropped;
            }
        }
        throw new NativeErrorException("unknown sol_attn_dropped " + code);
    }
}
