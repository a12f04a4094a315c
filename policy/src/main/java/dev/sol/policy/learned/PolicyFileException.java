package dev.sol.policy.learned;

/** A policy file that cannot be used. The message, fit for the user, says which file, what is wrong, and what to do about it. */
public final class PolicyFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PolicyFileException(String message) {
        super(message);
    }

    PolicyFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
