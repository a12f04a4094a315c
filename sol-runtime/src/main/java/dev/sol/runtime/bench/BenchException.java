package dev.sol.runtime.bench;

/** Nothing that can be trusted was measured: the machine was busy, or stock llama.cpp failed. */
final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BenchException(String message) {
        super(message);
    }

    BenchException(String message, Throwable cause) {
        super(message, cause);
    }
}
