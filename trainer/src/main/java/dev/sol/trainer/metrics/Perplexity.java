package dev.sol.trainer.metrics;

/**
 * How well a text was predicted.
 *
 * @param tokens that were predicted
 * @param nats the sum of −log p of these
 */
public record Perplexity(long tokens, double nats) {

    /** Nats per token. */
    public double mean() {
        return nats / tokens;
    }

    /** exp of the mean. Comparable between models with the same vocabulary only. */
    public double value() {
        return Math.exp(mean());
    }
}
