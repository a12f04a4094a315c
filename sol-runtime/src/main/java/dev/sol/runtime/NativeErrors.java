package dev.sol.runtime;

import dev.sol.bindings.DecodeCancelledException;
import dev.sol.bindings.InvalidArgumentException;
import dev.sol.bindings.InvalidModelException;
import dev.sol.bindings.KvCacheFullException;
import dev.sol.bindings.ModelNotFoundException;
import dev.sol.bindings.NativeErrorException;
import dev.sol.bindings.NativeOutOfMemoryException;
import dev.sol.bindings.SolException;
import java.util.Set;
import java.util.concurrent.CancellationException;

/** What the failures of the bindings, which nobody else sees, are called in the API of this module. */
final class NativeErrors {
    /** The fields of a request that the native side names, with a colon, at the beginning of its messages. */
    private static final Set<String> FIELDS = Set.of(
            "messages",
            "tools",
            "tool_choice",
            "response_format",
            "chat_template_kwargs",
            "parallel_tool_calls",
            "add_generation_prompt",
            "reasoning_format",
            "grammar",
            "logit_bias");

    private NativeErrors() {}

    /**
     * The exception to throw instead of {@code e} where what is invalid came with a request.
     *
     * @param field of the request that was wrong, unless the message names another one
     */
    static RuntimeException ofRequest(SolException e, String field) {
        if (!(e instanceof InvalidArgumentException)) {
            return translate(e);
        }
        String message = String.valueOf(e.getMessage()).strip();
        String named = namedField(message);
        RequestException wrong = RequestException.invalid(named.isEmpty() ? field : named, message);
        wrong.initCause(e);
        return wrong;
    }

    /** The same of sampling, where a message that names no field is about a wrong call. */
    static RuntimeException ofSampling(InvalidArgumentException e) {
        return namedField(String.valueOf(e.getMessage())).isEmpty() ? translate(e) : ofRequest(e, "");
    }

    private static String namedField(String message) {
        String named = message.substring(0, Math.max(message.indexOf(':'), 0));
        return FIELDS.contains(named) ? named : "";
    }

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
