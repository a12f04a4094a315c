package dev.sol.runtime.hub;

/** A download that did not work, for no fault of the request's. The message says in one line what to do. */
public final class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HubException(String message) {
        super(message);
    }

    HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
