package dev.sol.runtime.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.ClosedException;
import dev.sol.runtime.RequestException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class ApiErrorTest {
    @Test
    void aWrongField() {
        ApiError error = ApiError.of(RequestException.invalid("top_p", "top_p must be from 0 to 1, not 2"));

        assertThat(error)
                .isEqualTo(new ApiError(
                        400, "top_p must be from 0 to 1, not 2", "invalid_request_error", "top_p", "invalid_value"));
        assertThat(error.json())
                .hasToString("{\"error\":{\"message\":\"top_p must be from 0 to 1, not 2\","
                        + "\"type\":\"invalid_request_error\",\"param\":\"top_p\",\"code\":\"invalid_value\"}}");
    }

    @Test
    void anUnknownModelIsNotFound() {
        assertThat(ApiError.of(new RequestException("no", "model", "model_not_found"))
                        .status())
                .isEqualTo(404);
    }

    @Test
    void theEngineIsClosing() {
        assertThat(ApiError.of(new ClosedException("the engine")))
                .isEqualTo(new ApiError(503, "the server is shutting down", "server_error", null, "shutting_down"));
    }

    @Test
    void futuresWrapTheirFailures() {
        RequestException failure = RequestException.invalid("n", "n");

        assertThat(ApiError.of(new CompletionException(failure))).isEqualTo(ApiError.of(failure));
        assertThat(ApiError.of(new ExecutionException(new CompletionException(failure))))
                .isEqualTo(ApiError.of(failure));
    }

    @Test
    void theUnexpectedTellsNothing() {
        ApiError error = ApiError.of(new NullPointerException("secret"));

        assertThat(error).isEqualTo(new ApiError(500, "internal error", "server_error", null, "internal_error"));
        assertThat(error.json())
                .hasToString("{\"error\":{\"message\":\"internal error\",\"type\":\"server_error\","
                        + "\"param\":null,\"code\":\"internal_error\"}}");
    }
}
