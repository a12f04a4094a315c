package dev.sol.bindings;

/** Not enough memory for the model, the KV cache or a computation ({@code SOL_OUT_OF_MEMORY}). */
public final class NativeOutOfMemoryException extends SolException {
    private static final long serialVersionUID = 1L;

    public NativeOutOfMemoryException(String message) {
        super(message);
    }
}
