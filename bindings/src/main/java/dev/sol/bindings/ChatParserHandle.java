package dev.sol.bindings;

import java.lang.foreign.MemorySegment;

/** A {@code sol_chat_parser *}. Made by {@link Chats#createParser}, invalid after {@link Chats#freeParser}; used by one thread at a time. */
public final class ChatParserHandle {
    private final MemorySegment address;

    ChatParserHandle(MemorySegment pointer) {
        this.address = Handles.opaque(pointer, "chat parser");
    }

    MemorySegment address() {
        return address;
    }

    @Override
    public String toString() {
        return Handles.describe("chat parser", address);
    }
}
