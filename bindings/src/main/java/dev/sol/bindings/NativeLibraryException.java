package dev.sol.bindings;

import org.jspecify.annotations.Nullable;

/** The native library cannot be used on this machine. The message says why and what to do. */
public final class NativeLibraryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NativeLibraryException(String message) {
        this(message, null);
    }

    public NativeLibraryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
