package dev.sol.runtime;

/** A model file that cannot be used: missing, damaged, or of an unsupported kind. The message names the file and what is wrong. */
public final class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ModelException(String message, Throwable cause) {
        super(message, cause);
    }

    ModelException(String message) {
        super(message);
    }
}
