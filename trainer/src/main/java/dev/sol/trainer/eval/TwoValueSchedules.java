package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The paper's <i>random</i>: in each window, each axis takes the two grid values next to its target, each as often as the mean asks for,
 * in a random order of its own. What a window cannot take in whole steps, the next ones make up for.
 *
 * <p>Source: Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875), the baseline.
 *
 * @param grid the values to mix
 * @param steps [windows] effective steps of each
 * @param seed of the orders
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere, changed nowhere
record TwoValueSchedules(ActionGrid grid, int[] steps, long seed) {
    /** Slack of a share of steps that is a whole number. */
    private static final double TOLERANCE = 1e-9;

    /** @param target mean of what is chosen, over all windows; beyond the grid: its end */
    Spender spender(String name, Budget target) {
        List<Schedule> schedules = new ArrayList<>(steps.length);
        long before = 0; // steps of earlier windows
        for (int window = 0; window < steps.length; window++) {
            RandomGenerator random = Shuffle.random(seed + window);
            int own = steps[window];
            double[] attn = values(Axis.ATTN, target, before, own, random);
            double[] mlp = values(Axis.MLP, target, before, own, random);
            double[] bits = values(Axis.BITS, target, before, own, random);
            List<Action> actions = new ArrayList<>(own);
            for (int i = 0; i < own; i++) {
                actions.add(new Action(attn[i], mlp[i], (int) bits[i]));
            }
            schedules.add(new Schedule(name, grid, actions));
            before += own;
        }
        return new Spender(name, schedules::get, target);
    }

    private double[] values(Axis axis, Budget budget, long before, int own, RandomGenerator random) {
        double target = grid.clamp(axis, budget.get(axis));
        double low = grid.below(axis, target);
        double high = grid.above(axis, target);
        double share = high > low ? (target - low) / (high - low) : 0;
        long count = highs(share, before + own) - highs(share, before);
        int[] order = new int[own];
        for (int i = 0; i < own; i++) {
            order[i] = i < count ? 1 : 0;
        }
        Shuffle.shuffle(order, random);
        double[] values = new double[own];
        for (int i = 0; i < own; i++) {
            values[i] = order[i] == 1 ? high : low;
        }
        return values;
    }

    /** Of so many steps, those with the high value, rounded to the nearest. */
    private static long highs(double share, long of) {
        return (long) Math.floor(share * of + .5 + TOLERANCE);
    }
}
