package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.runtime.cost.CostModel;
import dev.sol.runtime.cost.MillisBudget;
import dev.sol.runtime.cost.UnattainableMillisException;
import java.util.Optional;

/**
 * Keeps a completion within a deadline: the time left for each token that may still come buys targets, again and again.
 *
 * <p>The cost model knows steps that run alone on a machine like that of its calibration. What a token takes beyond its prediction, since
 * others share its batches or the machine is busy, is observed and taken from the time. For one thread.
 */
final class Pace {
    /** Steps between adjustments. */
    private static final int INTERVAL = 4;

    /** How much the latest step counts for what is observed. */
    private static final double WEIGHT = 1.0 / 8;

    /** Targets whose step is predicted to take so little more or less, relatively, are not worth a new session of the policy. */
    private static final double NEGLIGIBLE = 0.03;

    private final CostModel costs;
    private final double policyMillis;
    private final ActionGrid grid;
    private double surplus;
    private MillisBudget current;

    /**
     * Begins with targets as if the prompt took no time.
     *
     * @param policyMillis what the policy takes for a token
     * @param left milliseconds to the deadline
     * @param steps the most steps
     * @param depth positions before the first of them
     */
    Pace(CostModel costs, double policyMillis, ActionGrid grid, double left, int steps, int depth) {
        this.costs = costs;
        this.policyMillis = policyMillis;
        this.grid = grid;
        this.current = resolve(left, Math.max(steps, 1), depth);
    }

    /** The present targets. */
    Budget target() {
        return current.target();
    }

    /**
     * The targets from step {@code step} on.
     *
     * @param left milliseconds to the deadline; may be negative
     * @param steps that may still come, at least 1
     * @param depth positions before the next one
     * @return empty: as before
     */
    Optional<Budget> adjust(int step, double left, int steps, int depth) {
        if (step % INTERVAL != 0) {
            return Optional.empty();
        }
        MillisBudget next = resolve(left, steps, depth);
        if (Math.abs(next.millis() - current.millis()) <= NEGLIGIBLE * current.millis()) {
            return Optional.empty();
        }
        current = next;
        return Optional.of(next.target());
    }

    /** Takes note of what a token took, everything between it and the one before included. */
    void observe(double millis, Action action, int depth) {
        double beyond = millis - policyMillis - costs.millis(action, depth);
        surplus += WEIGHT * (beyond - surplus);
    }

    private MillisBudget resolve(double left, int steps, int depth) {
        int middle = depth + steps / 2;
        try {
            return MillisBudget.resolve(left / steps - surplus, policyMillis, costs, middle, grid);
        } catch (UnattainableMillisException e) {
            return MillisBudget.resolve(e.minimum(), policyMillis, costs, middle, grid);
        }
    }
}
