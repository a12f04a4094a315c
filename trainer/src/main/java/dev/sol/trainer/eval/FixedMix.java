package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;

/**
 * The paper's <i>fixed</i>: each axis alternates between the two grid values next to its target, by error diffusion, so that the mean
 * of what is chosen is the target. It looks at nothing, also not at what its steps really use; {@link Matching} sees to that.
 *
 * <p>A window of n steps has a mean of the target only to the n-th part of the values' distance. Windows begin at phases spread over
 * the cycle, so that the mean over all of them is the target.
 *
 * <p>Source: Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875), the baseline.
 *
 * @param name for people
 * @param grid the values to mix
 * @param phase 0 to 1: how much of the distance to the higher value is owed at the start
 */
record FixedMix(String name, ActionGrid grid, double phase) implements ComputePolicy {
    /** Slack of a sum of grid values. */
    private static final double TOLERANCE = 1e-9;

    @Override
    public PolicySession start(PolicyContext context) {
        Mix attn = new Mix(Axis.ATTN, context.target());
        Mix mlp = new Mix(Axis.MLP, context.target());
        Mix bits = new Mix(Axis.BITS, context.target());
        return _ -> new Action(attn.next(), mlp.next(), (int) bits.next());
    }

    /** One axis. */
    private final class Mix {
        private final double low;
        private final double high;
        private final double share; // of the steps with the higher value
        private double owed = phase;

        Mix(Axis axis, Budget budget) {
            double target = grid.clamp(axis, budget.get(axis));
            low = grid.below(axis, target);
            high = grid.above(axis, target);
            share = high > low ? (target - low) / (high - low) : 0;
        }

        double next() {
            owed += share;
            if (owed < 1 - TOLERANCE) {
                return low;
            }
            owed--;
            return high;
        }
    }

    /** The same mix in all windows, their phases spread evenly. */
    static Spender spender(String name, ActionGrid grid, int windows, Budget target) {
        return new Spender(name, window -> new FixedMix(name, grid, (window + .5) / windows), target);
    }
}
