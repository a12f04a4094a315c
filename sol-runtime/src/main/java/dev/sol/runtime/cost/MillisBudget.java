package dev.sol.runtime.cost;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;

/**
 * What a time per token buys: of the pairs of κ and ρ on a grid whose predicted step is not longer, the one with the highest net
 * keep rate, and of several such ones the cheapest. Bits are not touched, as rounding saves no time. When dense steps are within the
 * time, the targets are dense.
 *
 * @param target the targets
 * @param millis the predicted time of a token with these knobs
 */
public record MillisBudget(Budget target, double millis) {
    static final double TOLERANCE = 1e-9; // sums of doubles differ by their order

    /**
     * Resolves a time.
     *
     * @param limit milliseconds per token
     * @param depth of the typical step: positions in the KV cache before it
     * @throws UnattainableMillisException if even the cheapest pair takes longer
     */
    public static MillisBudget resolve(double limit, CostModel model, int depth, ActionGrid grid) {
        return resolve(limit, 0, model, depth, grid);
    }

    /**
     * Resolves a time of which something else takes a part, such as a policy.
     *
     * @param overhead milliseconds per token that are not the step's; part of {@link #millis()}
     * @throws UnattainableMillisException if even the cheapest pair takes longer
     */
    public static MillisBudget resolve(double limit, double overhead, CostModel model, int depth, ActionGrid grid) {
        int bits = (int) grid.maximum(Axis.BITS);
        MillisBudget best = null;
        double minimum = Double.POSITIVE_INFINITY;
        for (double attn : grid.values(Axis.ATTN)) {
            for (double mlp : grid.values(Axis.MLP)) {
                double millis = overhead + model.millis(new Action(attn, mlp, bits), depth);
                minimum = Math.min(minimum, millis);
                if (millis <= limit + TOLERANCE) {
                    MillisBudget candidate = new MillisBudget(new Budget(attn, mlp, bits), millis);
                    best = best == null || candidate.isBetterThan(best) ? candidate : best;
                }
            }
        }
        if (best == null) {
            throw new UnattainableMillisException(limit, minimum, depth);
        }
        return best;
    }

    private boolean isBetterThan(MillisBudget other) {
        double more = target.net() - other.target.net();
        return more > TOLERANCE || (more > -TOLERANCE && millis < other.millis);
    }
}
