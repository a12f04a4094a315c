package dev.sol.trainer.grpo;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.trainer.rollout.Trajectory;
import dev.sol.trainer.rollout.WorkItem;
import java.util.Arrays;

/**
 * What missing the targets costs a schedule: Σ_axis α·max(0, |episode mean − aim| − tolerance)², with means and aims in shares.
 * Source: Akhauri &amp; Abdelfattah (arXiv 2605.10875), the soft budget penalty; the aim is ours.
 *
 * @param alpha α by axis, at least 0
 * @param tolerance the deviation by axis that costs nothing, a share
 */
public record Penalties(PerAxis alpha, PerAxis tolerance) {
    private static final Axis[] AXES = Axis.values();

    /**
     * What {@code steps} effective steps should realise on average, in the axis' unit: the target, or, where the episode goes on
     * from a mean that missed it, what makes up for that, as far as the grid goes.
     */
    static double aim(WorkItem item, Axis axis, int steps, ActionGrid grid) {
        double target = item.target().get(axis);
        Budget start = item.startMean();
        if (start == null) {
            return target;
        }
        return grid.clamp(axis, target - (double) item.startSteps() / steps * (start.get(axis) - target));
    }

    /** The penalty of each schedule, [K], in nats; 0 without effective steps. */
    double[] of(Trajectory trajectory, ActionGrid grid) {
        double[] penalties = new double[trajectory.schedules()];
        for (int k = 0; k < penalties.length; k++) {
            int steps = effective(trajectory, k);
            for (Axis axis : AXES) {
                if (steps > 0) {
                    double miss = axis.share(mean(trajectory, k, axis))
                            - axis.share(aim(trajectory.item(), axis, steps, grid));
                    double excess = Math.max(0, Math.abs(miss) - tolerance.get(axis));
                    penalties[k] += alpha.get(axis) * excess * excess;
                }
            }
        }
        return penalties;
    }

    /** The mean over schedule {@code k}'s effective steps of what they used, in the axis' unit; NaN if there are none. */
    static double mean(Trajectory trajectory, int k, Axis axis) {
        int column = Arrays.asList(AXES).indexOf(axis);
        double sum = 0;
        for (int t = 0; t < trajectory.steps(); t++) {
            int i = k * trajectory.steps() + t;
            if (trajectory.effective()[i]) {
                sum += trajectory.realised()[AXES.length * i + column];
            }
        }
        return sum / effective(trajectory, k);
    }

    /** The effective steps of schedule {@code k}. */
    static int effective(Trajectory trajectory, int k) {
        int steps = 0;
        for (int t = 0; t < trajectory.steps(); t++) {
            if (trajectory.effective()[k * trajectory.steps() + t]) {
                steps++;
            }
        }
        return steps;
    }
}
