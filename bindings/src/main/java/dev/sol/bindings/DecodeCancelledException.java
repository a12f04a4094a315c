package dev.sol.bindings;

/** The decode was cancelled; tokens of its unfinished micro-batch are not in the KV cache ({@code SOL_CANCELLED}). */
public final class DecodeCancelledException extends SolException {
    private static final long serialVersionUID = 1L;

    public DecodeCancelledException(String message) {
        super(message);
    }
}
