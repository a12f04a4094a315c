package dev.sol.runtime;

/** The object was closed, or is being closed by another thread. Nothing was done. */
public final class ClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** @param what what was closed, such as "the model" */
    public ClosedException(String what) {
        super(what + " is closed");
    }
}
