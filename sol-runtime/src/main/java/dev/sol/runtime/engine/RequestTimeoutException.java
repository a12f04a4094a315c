package dev.sol.runtime.engine;

import dev.sol.runtime.RequestException;
import java.time.Duration;

/** The time of {@link CompletionRequest#timeout} was over before the first token: code {@code timeout}. */
public final class RequestTimeoutException extends RequestException {
    private static final long serialVersionUID = 1L;

    RequestTimeoutException(Duration timeout, boolean started) {
        super(
                "the request was not answered within %d ms: %s"
                        .formatted(
                                timeout.toMillis(),
                                started ? "its prompt was being computed" : "it was still waiting for its turn"),
                null,
                "timeout");
    }
}
