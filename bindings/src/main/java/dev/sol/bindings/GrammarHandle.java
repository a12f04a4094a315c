package dev.sol.bindings;

import java.lang.foreign.MemorySegment;

/** A {@code sol_grammar *}. Made by {@link Grammars#create}, invalid after {@link Grammars#free}; used by one thread at a time. */
public final class GrammarHandle {
    private final MemorySegment address;

    GrammarHandle(MemorySegment pointer) {
        this.address = Handles.opaque(pointer, "grammar");
    }

    MemorySegment address() {
        return address;
    }

    @Override
    public String toString() {
        return Handles.describe("grammar", address);
    }
}
