package dev.sol.runtime.cost;

import dev.sol.policy.Action;

/** Something whose decode steps can be timed: one sequence of any content. For one thread. */
public interface StepTimer {
    /** Positions that fit. */
    int capacity();

    /**
     * Makes the sequence {@code depth} positions long, or as near to that as it can without taking long.
     *
     * @param room positions that must still fit behind them
     * @return its length
     */
    int fill(int depth, int room);

    /**
     * Decodes one token at the end of the sequence, which grows by it.
     *
     * @return milliseconds
     */
    double step(Action action);
}
