package dev.sol.runtime;

/** A model file that cannot be used: missing, damaged, or of an unsupported kind. The message names the file and what is wrong. */
public final class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A model file that something else has found out about. */
    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A model file that cannot be used, for the reason in {@code message}. */
    public ModelException(String message) {
        super(message);
    }
}
