package dev.sol.runtime;

/** How the MLP units that a token keeps are chosen. */
public enum MlpCriterion {
    /** Groups of neurons by |act(gate)|·‖up‖₂·‖down‖₂; in each chosen expert for itself. */
    NEURON,
    /** Channels of the MLP's input by magnitude (Akhauri &amp; Abdelfattah, arXiv 2605.10875). There are no groups. */
    CHANNEL
}
