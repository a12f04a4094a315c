package dev.sol.bindings;

/** The model file does not exist ({@code SOL_NOT_FOUND}). */
public final class ModelNotFoundException extends SolException {
    private static final long serialVersionUID = 1L;

    public ModelNotFoundException(String message) {
        super(message);
    }
}
