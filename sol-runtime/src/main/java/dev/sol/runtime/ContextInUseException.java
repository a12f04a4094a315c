package dev.sol.runtime;

/** Another thread is using the context. Nothing was done. */
public final class ContextInUseException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    ContextInUseException(Thread user) {
        super("the context is used by thread " + user.getName() + ": it serves one thread at a time");
    }
}
