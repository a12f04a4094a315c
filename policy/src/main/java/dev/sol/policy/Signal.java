package dev.sol.policy;

/** A number that tells how much the next token deserves; only its order among the steps of a generation counts. */
@FunctionalInterface
interface Signal {
    /** The signal of the step to come; NaN when there is none yet. Called once per effective step, in order. */
    double of(Observation observation);
}
