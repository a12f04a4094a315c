package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import java.lang.foreign.MemorySegment;

/** A {@code const struct llama_vocab *}; valid as long as its model, for several threads at once. */
public final class VocabHandle {
    private final MemorySegment address;
    private final int size;

    VocabHandle(MemorySegment pointer) {
        this.address = Handles.opaque(pointer, "vocabulary");
        this.size = SolNative.llama_vocab_n_tokens(address);
    }

    MemorySegment address() {
        return address;
    }

    /** The number of tokens; their ids are 0 … size-1. */
    public int size() {
        return size;
    }

    /** Refuses a token that is not in the vocabulary, where llama.cpp would abort. */
    void check(int token) {
        if (token < 0 || token >= size) {
            throw new InvalidArgumentException(
                    "token " + token + " is not in the vocabulary (0 to " + (size - 1) + ")");
        }
    }

    @Override
    public String toString() {
        return Handles.describe("vocabulary", address);
    }
}
