package dev.sol.trainer.rollout;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.runtime.TokenScore;
import java.util.Arrays;

/** The arrays of a {@link Trajectory} while they are filled, step by step of each schedule. */
final class Tape {
    private final WorkItem item;
    private final int schedules;
    private final int steps;
    private final int width;
    private final float[] features;
    private final int[] previous;
    private final int[] actions;
    private final float[] logProbability;
    private final float[] reward;
    private final double[] realised;
    private final boolean[] effective;
    private final float[] cost;
    private final Reward kind;

    /** @param priced whether costs are wanted */
    Tape(WorkItem item, int schedules, PolicySpec spec, Reward kind, boolean priced) {
        this.item = item;
        this.schedules = schedules;
        this.steps = item.steps();
        this.width = spec.features();
        this.kind = kind;
        int n = schedules * steps;
        this.features = new float[Math.multiplyExact(n, width)];
        this.previous = new int[n];
        this.actions = new int[n];
        this.logProbability = new float[n];
        this.reward = new float[n];
        this.realised = new double[n * Axis.values().length];
        this.effective = new boolean[n];
        this.cost = new float[priced ? n : 0];
        Arrays.fill(actions, -1);
        Arrays.fill(previous, -1);
    }

    /** A step that the knobs reach. */
    void choose(
            int schedule,
            int step,
            float[] from,
            int offset,
            int previousAction,
            int action,
            double logProbabilityOfIt) {
        int i = index(schedule, step);
        System.arraycopy(from, offset, features, i * width, width);
        previous[i] = previousAction;
        actions[i] = action;
        logProbability[i] = (float) logProbabilityOfIt;
        effective[i] = true;
    }

    /** What came of a step. */
    void end(int schedule, int step, int previousAction, Budget used, TokenScore score) {
        int i = index(schedule, step);
        previous[i] = previousAction;
        reward[i] = kind == Reward.KL ? -score.kl() : score.logProbability();
        int at = i * Axis.values().length;
        realised[at] = used.attn();
        realised[at + 1] = used.mlp();
        realised[at + 2] = used.bits();
    }

    void price(int schedule, int step, double share) {
        cost[index(schedule, step)] = (float) share;
    }

    Trajectory trajectory(float[] dense) {
        return new Trajectory(
                item,
                schedules,
                steps,
                features,
                previous,
                actions,
                logProbability,
                reward,
                realised,
                effective,
                cost,
                dense);
    }

    private int index(int schedule, int step) {
        return schedule * steps + step;
    }
}
