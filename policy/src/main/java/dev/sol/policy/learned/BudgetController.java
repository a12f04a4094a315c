package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.BudgetTracker;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Chooses actions by their logits such that the realised means keep to their targets, within .02 of the dense value over 128
 * steps and more, whatever the logits are. For one thread, and one generation.
 *
 * <p>It adds a tilt λ·g to the logits on each axis, the same for all tokens. A token's place among the others, as to what more it
 * would gain by a higher value, stays what the policy made it: of all ways to meet a target, this changes the least. λ is the one
 * with which the newest tokens, this one included, would have met the aim: the target, and a share of what is owed ({@link
 * AxisTilt}). The {@link PolicyPrior} counts as a few more tokens, since a trained policy needs no tilt and an untrained one is the
 * prior; so a generation does not begin with a tilt made for its first token.
 *
 * <p>No tilt keeps a budget against logits that rise all the time, or that jump. What choices may owe is therefore limited, and the
 * values of a step are restricted to those within the limit ({@link AxisBudget}). Tokens torn between values at their tilt take
 * the one that leaves less owing: with the prior's logits alone, the actions are those of the uniform policy, but for a step now and then.
 *
 * <p>A sampled choice adds independent standard Gumbel noise to each logit before all this: the highest of such sums is a draw from the
 * softmax.
 */
public final class BudgetController {
    /** Tokens of the window. */
    private static final int WINDOW = 128;

    /** The same with a joint head, whose tokens must be looked at again when tilts change. */
    private static final int JOINT_WINDOW = 64;

    /** What the prior's tokens can move, in dense tokens: how much the window may be off before it needs a tilt. */
    private static final double PRIOR_MASS = 1;

    /** Logits beyond this are taken to be this: sums of them stay exact enough. */
    private static final double LARGEST = 1e6;

    // Named, so that a seed means the same on every Java version.
    private static final RandomGeneratorFactory<RandomGenerator> RANDOM = RandomGeneratorFactory.of("L64X128MixRandom");

    private static final Axis[] AXES = Axis.values();

    private final PolicySpec spec;
    private final ActionGrid grid;
    private final Noise noise;
    private final int window;
    private final double[][] values = new double[AXES.length][];
    private final AxisBudget[] budgets = new AxisBudget[AXES.length];
    private final AxisTilt[] tilts = new AxisTilt[AXES.length];
    private final double[] priorTokens = new double[AXES.length];
    private final double[][] scores = new double[AXES.length][];
    private final double[][] tilted = new double[AXES.length][]; // what the tilt adds to each value
    private final double[] current; // [L]
    private final double[][] seen; // logits of the prior and of the window, [L] each; of a joint head only
    private final int[] chosen = new int[AXES.length];
    private int steps;

    /** What is added to a logit. */
    @FunctionalInterface
    private interface Noise {
        double next();
    }

    private BudgetController(PolicySpec spec, Budget target, Noise noise) {
        this.spec = spec;
        this.grid = spec.grid();
        this.noise = noise;
        this.window = spec.joint() ? JOINT_WINDOW : WINDOW;
        this.current = new double[spec.logits()];
        this.seen = new double[spec.joint() ? 1 + window : 0][spec.logits()];
        for (int i = 0; i < AXES.length; i++) {
            values[i] = grid.values(AXES[i]);
            budgets[i] = new AxisBudget(AXES[i], grid);
            tilts[i] = new AxisTilt(values[i], 1 + window);
            scores[i] = new double[values[i].length];
            tilted[i] = new double[values[i].length];
            priorTokens[i] = AXES[i].ofShare(PRIOR_MASS) / gap(AXES[i], target.get(AXES[i]));
        }
        float[] prior = new float[spec.logits()];
        new PolicyPrior(spec).logits(target, prior, 0);
        for (int i = 0; i < prior.length; i++) {
            current[i] = prior[i];
        }
        put(0);
    }

    /** A controller that takes the likeliest action. */
    public static BudgetController greedy(PolicySpec spec, Budget target) {
        return new BudgetController(spec, target, () -> 0);
    }

    /** A controller that draws actions by their likelihood; equal seeds and equal logits give equal actions. */
    public static BudgetController sampled(PolicySpec spec, Budget target, long seed) {
        RandomGenerator random = RANDOM.create(seed);
        return new BudgetController(spec, target, () -> -Math.log(-Math.log1p(-random.nextDouble())));
    }

    /** The distance of the grid values around {@code target}. */
    private double gap(Axis axis, double target) {
        double below = grid.below(axis, target);
        double above = grid.above(axis, Math.nextUp(below));
        if (above == below && grid.size(axis) > 1) {
            below = grid.value(axis, grid.size(axis) - 2);
        }
        return above > below ? above - below : axis.dense();
    }

    /**
     * Chooses the action of the next effective step. Allocates nothing.
     *
     * @param logits [L] from {@code offset} on; what is not finite counts as very large, very small, or (NaN) 0
     * @param realised what the steps so far have really used
     * @param remaining steps that can still be taken, this one included
     * @return the action's number on the grid
     */
    public int choose(float[] logits, int offset, BudgetTracker realised, int remaining) {
        double largest = 0;
        for (int i = 0; i < current.length; i++) {
            double logit = bounded(logits[offset + i]);
            double size = Math.abs(logit);
            largest = size > largest ? size : largest;
            current[i] = logit + noise.next();
        }
        for (AxisBudget budget : budgets) {
            budget.open(realised, remaining);
        }
        int slot = 1 + steps % window;
        put(slot);
        steps++;
        for (int i = 0; i < AXES.length; i++) {
            if (spec.joint()) {
                // Tilts move little from step to step: the older tokens are looked at again by one axis after the
                // other.
                boolean all = steps == 1 || steps % AXES.length == i;
                refill(i, all ? 0 : slot, all ? Math.min(steps, window) : slot);
            }
            tilts[i].balance(budgets[i].aim());
            for (int k = 0; k < tilted[i].length; k++) {
                tilted[i][k] = tilts[i].tilt() * values[i][k];
            }
        }
        // Sums of F32 logits are only as exact as these: what differs less than that is a tie.
        double tolerance = (spec.joint() ? 1e-6 : 1e-9) * (1 + largest);
        for (int i = 0; i < AXES.length; i++) {
            if (spec.joint()) {
                reduce(current, i, true);
            } else {
                System.arraycopy(current, spec.logitOffset(AXES[i]), scores[i], 0, scores[i].length);
            }
            for (int k = 0; k < scores[i].length; k++) {
                scores[i][k] += tilted[i][k];
            }
            double largestTilt = Math.abs(tilts[i].tilt()) * AXES[i].dense();
            chosen[i] = budgets[i].close(scores[i], tolerance + 1e-9 * largestTilt);
        }
        return grid.index(chosen[0], chosen[1], chosen[2]);
    }

    private static double bounded(double logit) {
        if (Math.abs(logit) <= LARGEST) {
            return logit;
        }
        return Double.isNaN(logit) ? 0 : Math.copySign(LARGEST, logit);
    }

    /** Puts the current logits into a slot of the window. */
    private void put(int slot) {
        if (spec.joint()) {
            System.arraycopy(current, 0, seen[slot], 0, current.length); // spread to the axes by refill
            return;
        }
        for (int i = 0; i < AXES.length; i++) {
            System.arraycopy(current, spec.logitOffset(AXES[i]), scores[i], 0, scores[i].length);
            tilts[i].put(slot, slot == 0 ? priorTokens[i] : 1, scores[i]);
        }
    }

    /** Tells an axis what the tokens of some slots gain by its values, the other axes being tilted as they are. */
    private void refill(int axis, int first, int last) {
        for (int slot = first; slot <= last; slot++) {
            reduce(seen[slot], axis, false);
            tilts[axis].put(slot, slot == 0 ? priorTokens[axis] : 1, scores[axis]);
        }
    }

    /**
     * Writes into {@code scores[axis]}, for each value, the highest of the tilted logits of the actions that have it.
     *
     * @param choosing only among the actions that are left: those with the values chosen on the axes before, and with values that the
     *     axes behind may take
     */
    private void reduce(double[] joint, int axis, boolean choosing) {
        double[] best = scores[axis];
        Arrays.fill(best, Double.NEGATIVE_INFINITY);
        int a0 = first(0, axis, choosing);
        int a1 = last(0, axis, choosing);
        int m0 = first(1, axis, choosing);
        int m1 = last(1, axis, choosing);
        int b0 = first(2, axis, choosing);
        int b1 = last(2, axis, choosing);
        double[] ofAttn = tilted[0];
        double[] ofMlp = tilted[1];
        double[] ofBits = tilted[2];
        for (int a = a0; a <= a1; a++) {
            for (int m = m0; m <= m1; m++) {
                double sum = (axis == 0 ? 0 : ofAttn[a]) + (axis == 1 ? 0 : ofMlp[m]);
                int row = grid.index(a, m, 0);
                for (int b = b0; b <= b1; b++) {
                    int k = axis == 0 ? a : axis == 1 ? m : b;
                    best[k] = Math.max(best[k], joint[row + b] + sum + (axis == 2 ? 0 : ofBits[b]));
                }
            }
        }
    }

    private int first(int of, int axis, boolean choosing) {
        return !choosing || of == axis ? 0 : of < axis ? chosen[of] : budgets[of].lowest();
    }

    private int last(int of, int axis, boolean choosing) {
        return !choosing || of == axis ? values[of].length - 1 : of < axis ? chosen[of] : budgets[of].highest();
    }
}
