package dev.sol.bindings;

import java.lang.foreign.MemorySegment;

/**
 * A {@code sol_logprobs *}. Made by {@link Sol#createLogProbabilities}, invalid after {@link Sol#freeLogProbabilities}; may be
 * read by several threads while none writes to it. It does not need its model any more once it is made.
 */
public final class LogProbabilitiesHandle {
    private final MemorySegment address;

    LogProbabilitiesHandle(MemorySegment pointer) {
        this.address = Handles.opaque(pointer, "log probabilities");
    }

    MemorySegment address() {
        return address;
    }

    @Override
    public String toString() {
        return Handles.describe("log probabilities", address);
    }
}
