package dev.sol.bindings;

/** An argument that the native library or the checked layer refuses; nothing was done ({@code SOL_INVALID_ARGUMENT}). */
public final class InvalidArgumentException extends SolException {
    private static final long serialVersionUID = 1L;

    public InvalidArgumentException(String message) {
        super(message);
    }
}
