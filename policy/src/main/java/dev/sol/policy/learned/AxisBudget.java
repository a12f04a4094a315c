package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.BudgetTracker;

/**
 * The budget of one axis during a generation: what the next step should realise, and which values it may take. For one thread.
 *
 * <p>What steps are forced to use beyond their choice (short contexts, rounding up) is no choice, and only moves the aim. Next to
 * the generation a model of it is kept, in which every step takes its aim exactly and is forced to the same extent. How far the debts of
 * the two are apart is what the choices owe, and that is limited.
 */
final class AxisBudget {
    /** Steps over which a debt that is not the choices' is spread: as the uniform policy does. */
    private static final int PATIENCE = 16;

    /**
     * The same for what choices owe. Longer, because a policy that spends its budget where it wants is in debt most of the time: to
     * hurry it back changes which tokens get more.
     */
    private static final int LENIENCE = 64;

    /** Steps from which on the mean must be near the target. */
    private static final int SOON = 128;

    /** How far choices alone may move the mean of that many steps from the target, as a share. */
    private static final double DRIFT = .012;

    /** What choices may owe in any case, in dense tokens: more than half of the widest gap of a grid. */
    private static final double LEAST_OWED = .5;

    private final Axis axis;
    private final ActionGrid grid;
    private final double[] values;
    private double aim;
    private double due; // the choice that would leave nothing owing
    private double debt; // of the generation, before the step
    private double modelAim;
    private double modelDebt;
    private double chosen;
    private boolean first = true;
    private int lowest;
    private int highest;

    AxisBudget(Axis axis, ActionGrid grid) {
        this.axis = axis;
        this.grid = grid;
        this.values = grid.values(axis);
    }

    /** Begins a step; the one before it is recorded in {@code tracker}. */
    void open(BudgetTracker tracker, int remaining) {
        double target = tracker.target().get(axis);
        double before = debt;
        debt = tracker.debt(axis);
        if (first) {
            modelDebt = debt;
            first = false;
        } else {
            double forced = target - (debt - before) - chosen; // realised minus chosen
            modelDebt += target - modelAim - forced;
        }
        double owed = modelDebt - debt; // positive where choices were too high
        double repaid = target + modelDebt / Math.min(PATIENCE, remaining);
        modelAim = grid.clamp(axis, repaid);
        aim = grid.clamp(axis, repaid - owed / Math.min(LENIENCE, remaining));
        due = modelAim - owed;

        int steps = tracker.steps();
        double drift = DRIFT * Math.max(steps, Math.min(SOON, steps + remaining));
        double down = mostOwed(drift, modelDebt);
        double up = mostOwed(drift, -modelDebt);
        lowest = 0;
        while (lowest < values.length - 1 && owed + values[lowest] - modelAim < -down) {
            lowest++;
        }
        highest = values.length - 1;
        while (highest > lowest && owed + values[highest] - modelAim > up) {
            highest--;
        }
    }

    /** What choices may owe in a direction in which the model owes {@code already}: less, but enough to choose. */
    private double mostOwed(double drift, double already) {
        return Math.max(axis.ofShare(LEAST_OWED), axis.ofShare(drift) - Math.max(0, already));
    }

    /** What this and the next steps should realise on average; within the grid. */
    double aim() {
        return aim;
    }

    /** The first value that the step may take, from 0. */
    int lowest() {
        return lowest;
    }

    /** The last value that the step may take. */
    int highest() {
        return highest;
    }

    /**
     * Ends a step.
     *
     * @param scores of the values; the highest among those that may be taken is, and of several that are equally high the one beside
     *     the aim that leaves less owing, as the uniform policy does
     * @param tolerance of equality
     * @return the value taken, from 0
     */
    int close(double[] scores, double tolerance) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = lowest; i <= highest; i++) {
            max = Math.max(max, scores[i]);
        }
        int below = -1; // the highest candidate up to the aim
        int above = -1; // the lowest from there on
        for (int i = lowest; i <= highest; i++) {
            if (scores[i] >= max - tolerance) {
                if (values[i] <= aim) {
                    below = i;
                }
                if (values[i] >= aim && above < 0) {
                    above = i;
                }
            }
        }
        int choice;
        if (below < 0 || above < 0) {
            choice = Math.max(below, above);
        } else {
            choice = values[above] - due < due - values[below] ? above : below;
        }
        chosen = values[choice];
        return choice;
    }
}
