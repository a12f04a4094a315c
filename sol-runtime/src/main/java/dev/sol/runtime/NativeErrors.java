package dev.sol.runtime;

import dev.sol.bindings.DecodeCancelledException;
import dev.sol.bindings.InvalidArgumentException;
import dev.sol.bindings.InvalidModelException;
import dev.sol.bindings.KvCacheFullException;
import dev.sol.bindings.ModelNotFoundException;
import dev.sol.bindings.NativeErrorException;
import dev.sol.bindings.NativeOutOfMemoryException;
import dev.sol.bindings.SolException;
import java.util.concurrent.CancellationException;

/** What the failures of the bindings, which nobody else sees, are called in the API of this module. */
final class NativeErrors {
    private NativeErrors() {}

    /** The exception to throw instead of {@code e}. */
    static RuntimeException translate(SolException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case InvalidArgumentException _ -> new IllegalArgumentException(message, e);
            case ModelNotFoundException _ -> new ModelException(message, e);
            case InvalidModelException _ -> new ModelException(message, e);
            case DecodeCancelledException _ -> {
                CancellationException cancelled = new CancellationException(message);
                cancelled.initCause(e);
                yield cancelled;
            }
            case KvCacheFullException _ -> new EngineException(message, e);
            case NativeOutOfMemoryException _ -> new EngineException(message, e);
            case NativeErrorException _ -> new EngineException(message, e);
        };
    }
}
