package dev.sol.bindings;

/** No room for the batch; the KV cache is as it was before the call ({@code SOL_KV_CACHE_FULL}). */
public final class KvCacheFullException extends SolException {
    private static final long serialVersionUID = 1L;

    public KvCacheFullException(String message) {
        super(message);
    }
}
