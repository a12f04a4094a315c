package dev.sol.runtime;

import dev.sol.bindings.Llama;
import org.jspecify.annotations.Nullable;

/**
 * Of which tokens the states make up the embedding of a text: what the model's file says in {@code <architecture>.pooling_type} (the
 * numbers are llama.cpp's), and the mean of all where it says nothing.
 */
enum Pooling {
    MEAN,
    FIRST,
    LAST;

    static Pooling of(Model model) {
        String key = model.info().architecture() + ".pooling_type";
        @Nullable String type = model.call(handle -> Llama.metadata(handle, key));
        return switch (type) {
            case "2" -> FIRST; // LLAMA_POOLING_TYPE_CLS
            case "3" -> LAST;
            case null, default -> MEAN;
        };
    }

    /** Whether token {@code index} of {@code count} is among them. */
    boolean takes(int index, int count) {
        return switch (this) {
            case MEAN -> true;
            case FIRST -> index == 0;
            case LAST -> index == count - 1;
        };
    }
}
