package dev.sol.runtime.cost;

import dev.sol.policy.Action;

/**
 * A decode step that was measured, or the median of several alike.
 *
 * @param action what it was given to spend
 * @param depth positions in the KV cache before it
 * @param millis how long it took
 */
public record CostSample(Action action, int depth, double millis) {
    /** @throws IllegalArgumentException if the depth is negative, or the time not positive and finite */
    public CostSample {
        if (depth < 0 || !(millis > 0 && millis < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("no such step: at depth %d in %s ms".formatted(depth, millis));
        }
    }
}
