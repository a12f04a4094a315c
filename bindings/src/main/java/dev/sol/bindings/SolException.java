package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** A call into the native library failed. There is one subclass per {@code sol_status}; the message is {@code sol_last_error()}. */
public abstract sealed class SolException extends RuntimeException
        permits InvalidArgumentException,
                ModelNotFoundException,
                InvalidModelException,
                NativeOutOfMemoryException,
                KvCacheFullException,
                DecodeCancelledException,
                NativeErrorException {
    private static final long serialVersionUID = 1L;

    SolException(String message) {
        super(message);
    }

    /** The exception for a {@code sol_status} other than {@code SOL_OK}. */
    static SolException of(int status, String message) {
        if (status == SolNative.SOL_INVALID_ARGUMENT()) {
            return new InvalidArgumentException(message);
        }
        if (status == SolNative.SOL_NOT_FOUND()) {
            return new ModelNotFoundException(message);
        }
        if (status == SolNative.SOL_INVALID_MODEL()) {
            return new InvalidModelException(message);
        }
        if (status == SolNative.SOL_OUT_OF_MEMORY()) {
            return new NativeOutOfMemoryException(message);
        }
        if (status == SolNative.SOL_KV_CACHE_FULL()) {
            return new KvCacheFullException(message);
        }
        if (status == SolNative.SOL_CANCELLED()) {
            return new DecodeCancelledException(message);
        }
        if (status == SolNative.SOL_INTERNAL()) {
            return new NativeErrorException(message);
        }
        return new NativeErrorException("unknown sol_status " + status + ": " + message);
    }
}
