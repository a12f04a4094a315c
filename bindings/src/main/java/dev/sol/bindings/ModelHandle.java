package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import java.lang.foreign.MemorySegment;

/**
 * A {@code sol_model *}. Made by {@link Sol#loadModel}, invalid after {@link Sol#freeModel}; may be used by several threads
 * at once. Using it after that is undefined: owners are in {@code dev.sol.runtime}.
 */
public final class ModelHandle {
    private final MemorySegment address;
    private final MemorySegment llama;
    private final VocabHandle vocab;
    private final int embeddingLength;

    ModelHandle(MemorySegment pointer) {
        this.address = Handles.opaque(pointer, "model");
        this.llama = Handles.opaque(SolNative.sol_model_llama(address), "llama_model");
        this.vocab = new VocabHandle(SolNative.llama_model_get_vocab(llama));
        this.embeddingLength = SolNative.llama_model_n_embd(llama);
    }

    MemorySegment address() {
        return address;
    }

    /** The {@code struct llama_model *}. */
    MemorySegment llama() {
        return llama;
    }

    /** The model's vocabulary; it lives as long as the model. */
    public VocabHandle vocab() {
        return vocab;
    }

    /** Floats in a token embedding and in a hidden state; 0 for a model that was loaded with {@code vocabOnly}. */
    public int embeddingLength() {
        return embeddingLength;
    }

    @Override
    public String toString() {
        return Handles.describe("model", address);
    }
}
