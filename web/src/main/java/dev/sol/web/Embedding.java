package dev.sol.web;

/** What makes vectors of texts: a model's embedder, or in tests something that behaves like one. For any thread. */
@FunctionalInterface
interface Embedding {
    /**
     * The vector of a text.
     *
     * @throws dev.sol.runtime.RequestException if there are no tokens, or more than fit
     */
    float[] embed(int[] tokens);
}
