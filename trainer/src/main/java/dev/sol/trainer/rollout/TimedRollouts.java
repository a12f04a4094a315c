package dev.sol.trainer.rollout;

/** Rollouts that time their steps, for {@link RolloutBench}. */
interface TimedRollouts extends Rollouts {
    /** How long all steps took so far, without the prefixes. */
    long stepNanos();
}
