package dev.sol.runtime;

/** What the score of a neuron takes for its gate. */
public enum MlpGate {
    /** The gate itself, computed for every neuron. */
    EXACT,
    /**
     * What the model's predictor makes of the MLP's input, so that {@link Execution#SKIP} computes the gates of chosen neurons only.
     * In layers that the predictor does not have, the gate itself.
     */
    PREDICTED
}
