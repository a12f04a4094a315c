package dev.sol.bindings;

import java.lang.foreign.MemorySegment;

/**
 * A {@code sol_context *}. Made by {@link Sol#createContext}, invalid after {@link Sol#freeContext}; used by one thread at a
 * time, {@link Sol#cancel} excepted. Using it after that is undefined: owners are in {@code dev.sol.runtime}.
 */
public final class ContextHandle {
    private final MemorySegment address;
    private final int vocabularySize;
    private final int embeddingLength;

    ContextHandle(MemorySegment pointer, ModelHandle model) {
        this.address = Handles.opaque(pointer, "context");
        this.vocabularySize = model.vocab().size();
        this.embeddingLength = model.embeddingLength();
    }

    MemorySegment address() {
        return address;
    }

    /** Floats in the logits of a token. */
    public int vocabularySize() {
        return vocabularySize;
    }

    /** Floats in the hidden state of a token. */
    public int embeddingLength() {
        return embeddingLength;
    }

    @Override
    public String toString() {
        return Handles.describe("context", address);
    }
}
