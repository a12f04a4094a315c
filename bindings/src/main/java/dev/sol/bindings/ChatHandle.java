package dev.sol.bindings;

import java.lang.foreign.MemorySegment;

/** A {@code sol_chat *}. Made by {@link Chats#create}, invalid after {@link Chats#free}; for several threads at once. */
public final class ChatHandle {
    private final MemorySegment address;

    ChatHandle(MemorySegment pointer) {
        this.address = Handles.opaque(pointer, "chat template");
    }

    MemorySegment address() {
        return address;
    }

    @Override
    public String toString() {
        return Handles.describe("chat template", address);
    }
}
