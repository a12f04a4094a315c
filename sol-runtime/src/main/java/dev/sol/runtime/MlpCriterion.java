package dev.sol.runtime;

/** How the MLP units that a token keeps are chosen. */
public enum MlpCriterion {
    /** Groups of neurons by |act(gate)|·‖up‖₂·‖down‖₂. */
    NEURON
}
