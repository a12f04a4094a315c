package dev.sol.runtime.engine;

import dev.sol.runtime.RequestException;

/** As many requests as allowed are waiting already. Try again later. */
public final class QueueFullException extends RequestException {
    private static final long serialVersionUID = 1L;

    QueueFullException(int capacity) {
        super(
                "the server is busy: %d %s waiting already"
                        .formatted(capacity, capacity == 1 ? "request is" : "requests are"),
                null,
                "queue_full");
    }
}
