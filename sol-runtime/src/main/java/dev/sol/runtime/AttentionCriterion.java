package dev.sol.runtime;

/** How the KV positions that a token attends are chosen. */
public enum AttentionCriterion {
    /** The sinks and the newest positions. */
    RECENCY
}
