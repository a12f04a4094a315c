package dev.sol.bindings;

/** An error inside llama.cpp ({@code SOL_INTERNAL}), or a status that this version does not know. */
public final class NativeErrorException extends SolException {
    private static final long serialVersionUID = 1L;

    public NativeErrorException(String message) {
        super(message);
    }
}
