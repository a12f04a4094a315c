package dev.sol.bindings;

/** The file is not a GGUF, is damaged, or holds a model of an unsupported kind ({@code SOL_INVALID_MODEL}). */
public final class InvalidModelException extends SolException {
    private static final long serialVersionUID = 1L;

    public InvalidModelException(String message) {
        super(message);
    }
}
