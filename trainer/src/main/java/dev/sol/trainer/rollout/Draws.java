package dev.sol.trainer.rollout;

import java.util.random.RandomGenerator;

/**
 * Random numbers of one schedule's step: a function of the item, the schedule and the step, and so the same whatever else is
 * rolled out with them, and in whatever order. SplitMix64 (Steele, Lea, Flood 2014), whose state is set anew for each step.
 */
final class Draws implements RandomGenerator {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    /** Goes to a step. */
    Draws at(WorkItem item, int schedule, int step) {
        state = mix(mix(mix(item.seed()) ^ item.id()) ^ (((long) schedule << Integer.SIZE) | step));
        return this;
    }

    @Override
    public long nextLong() {
        state += GAMMA;
        return mix(state);
    }

    private static long mix(long value) {
        long z = value + GAMMA;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
