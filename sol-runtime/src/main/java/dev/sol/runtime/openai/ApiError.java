package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.ClosedException;
import dev.sol.runtime.EngineException;
import dev.sol.runtime.ModelException;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.QueueFullException;
import dev.sol.runtime.engine.RequestTimeoutException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An error in OpenAI's shape.
 *
 * @param status the HTTP status
 * @param message one sentence for the user
 * @param type {@value #INVALID_REQUEST}, {@value #RATE_LIMIT} or {@value #SERVER_ERROR}
 * @param param the field of the request that was wrong
 * @param code a word for programs
 */
public record ApiError(
        int status,
        String message,
        String type,
        @Nullable String param,
        @Nullable String code) {
    /** The client's mistake. */
    public static final String INVALID_REQUEST = "invalid_request_error";

    /** Too many requests at once: try again later. */
    public static final String RATE_LIMIT = "rate_limit_error";

    /** Not the client's mistake. */
    public static final String SERVER_ERROR = "server_error";

    /** The error for a failure of parsing, submitting or completing a request. Says nothing of unexpected failures' insides. */
    public static ApiError of(Throwable failure) {
        return switch (failure) {
            case CompletionException e when e.getCause() != null -> of(e.getCause());
            case ExecutionException e when e.getCause() != null -> of(e.getCause());
            case QueueFullException e -> new ApiError(429, message(e), RATE_LIMIT, null, e.code());
            case RequestTimeoutException e -> new ApiError(504, message(e), SERVER_ERROR, null, e.code());
            case RequestException e ->
                new ApiError(
                        e.code().equals("model_not_found") ? 404 : 400,
                        message(e),
                        INVALID_REQUEST,
                        e.param(),
                        e.code());
            case ClosedException _ ->
                new ApiError(503, "the server is shutting down", SERVER_ERROR, null, "shutting_down");
            case ModelException e -> new ApiError(500, message(e), SERVER_ERROR, null, "model_error");
            case EngineException e -> new ApiError(500, message(e), SERVER_ERROR, null, "inference_error");
            default -> new ApiError(500, "internal error", SERVER_ERROR, null, "internal_error");
        };
    }

    /** The body: {@code {"error": {"message", "type", "param", "code"}}}. */
    public ObjectNode json() {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return body;
    }

    private static String message(Throwable failure) {
        return String.valueOf(failure.getMessage());
    }
}
