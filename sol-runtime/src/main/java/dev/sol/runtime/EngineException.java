package dev.sol.runtime;

/** Inference failed for a reason that is neither the request nor the model file: memory, the native library, a damaged state. */
public final class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What failed, and the error of it. */
    public EngineException(String message, Throwable cause) {
        super(message, cause);
    }
}
