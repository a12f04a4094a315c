package dev.sol.runtime;

/** How the KV positions that a token attends are chosen. */
public enum AttentionCriterion {
    /** The sinks and the newest positions. */
    RECENCY,
    /**
     * The pages with the highest upper bound of q·k, from the least and the greatest key in each dimension. Source: Quest (Tang
     * et al., 2024).
     */
    QUEST,
    /** The pages with the highest q·(mean key). */
    MEAN;

    /** Whether pages are chosen, rather than single positions. */
    public boolean hasPages() {
        return this != RECENCY;
    }
}
