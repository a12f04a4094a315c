package dev.sol.runtime;

/**
 * Which query heads choose pages together. Those that do weigh a page by the sum of their softmax over the pages' scores.
 */
public enum AttentionChoice {
    /** The query heads of a KV head, which read the same keys anyway. */
    PER_KV_HEAD,
    /** Each query head for itself; that may read as many times the cache as there are query heads to a KV head. */
    PER_QUERY_HEAD,
    /** All heads of a layer. */
    SHARED
}
