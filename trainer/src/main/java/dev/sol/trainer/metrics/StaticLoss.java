package dev.sol.trainer.metrics;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;

/** What it costs to give every token the same action. */
@FunctionalInterface
public interface StaticLoss {

    /**
     * What was measured, always on the same text.
     *
     * @param nats per token
     * @param realised means over the tokens
     */
    record Measured(double nats, Budget realised) {}

    /**
     * Measures an action, whose values need not be on a grid.
     *
     * @throws java.util.concurrent.CancellationException if it was ended
     */
    Measured of(Action action);
}
