package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.Iterator;
import java.util.stream.Stream;

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
record FixedMix(String name, ActionGrid grid, double phase) implements OpenLoop {

    @Override
    public Iterator<Action> actions(Budget target) {
        ErrorDiffusion attn = mix(Axis.ATTN, target);
        ErrorDiffusion mlp = mix(Axis.MLP, target);
        ErrorDiffusion bits = mix(Axis.BITS, target);
        return Stream.generate(() -> new Action(attn.next(), mlp.next(), (int) bits.next()))
                .iterator();
    }

    private ErrorDiffusion mix(Axis axis, Budget budget) {
        double target = grid.clamp(axis, budget.get(axis));
        return new ErrorDiffusion(grid.below(axis, target), grid.above(axis, target), target, phase);
    }

    /** The same mix in all windows, their phases spread evenly. */
    static Spender spender(String name, ActionGrid grid, int windows, Budget target) {
        return new Spender(name, window -> new FixedMix(name, grid, (window + .5) / windows), target);
    }
}
