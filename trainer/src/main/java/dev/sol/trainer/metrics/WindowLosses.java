package dev.sol.trainer.metrics;

import java.util.Arrays;

/** Teacher-forced losses, window by window: what statistics over windows need. Immutable. */
public final class WindowLosses {
    private final double[] nats;
    private final double[] tokens;

    /**
     * @param nats [windows] the sum of −log p over the scored tokens of each
     * @param tokens [windows] how many tokens were scored in each
     * @throws IllegalArgumentException if the arrays differ in length
     */
    public WindowLosses(double[] nats, double[] tokens) {
        if (nats.length != tokens.length) {
            throw new IllegalArgumentException(nats.length + " losses of " + tokens.length + " windows");
        }
        this.nats = nats.clone();
        this.tokens = tokens.clone();
    }

    /** [windows] The sum of −log p over the scored tokens of each. */
    public double[] nats() {
        return nats.clone();
    }

    /** [windows] How many tokens were scored in each. */
    public double[] tokens() {
        return tokens.clone();
    }

    /** Those of the first windows. */
    public WindowLosses first(int windows) {
        return new WindowLosses(Arrays.copyOf(nats, windows), Arrays.copyOf(tokens, windows));
    }

    /** Over all windows. */
    public Perplexity perplexity() {
        return new Perplexity(
                Math.round(Arrays.stream(tokens).sum()), Arrays.stream(nats).sum());
    }
}
