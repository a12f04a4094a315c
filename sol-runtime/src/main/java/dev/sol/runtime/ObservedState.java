package dev.sol.runtime;

/**
 * Where a policy's observations of one sequence come from: the model after the sequence's last token. One thread at a time.
 */
public interface ObservedState {
    /** Copies the hidden state of the last token, after the final norm. */
    void hidden(float[] out);

    /** Copies the row of {@code token} in the token embedding. */
    void embedding(int token, float[] out);

    /**
     * Entropy of the distribution of the token that follows, as a share of the largest possible: 0 to 1.
     *
     * @throws ModelException if the logits are not finite
     */
    double entropy();
}
