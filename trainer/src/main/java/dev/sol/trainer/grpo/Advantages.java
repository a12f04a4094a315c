package dev.sol.trainer.grpo;

import dev.sol.policy.ActionGrid;
import dev.sol.trainer.rollout.Trajectory;
import java.util.ArrayList;
import java.util.List;

/**
 * How much better each step went than the same step of the other schedules of its input. Source: Akhauri &amp; Abdelfattah
 * (arXiv 2605.10875), after Shao et al., "DeepSeekMath" (arXiv 2402.03300), section 4.1: process and outcome supervision.
 *
 * @param level what is compared
 * @param norm how
 * @param whiten whether the advantages of a batch are then brought to mean 0 and standard deviation 1
 * @param returns of the steps
 * @param penalties of the schedules, taken off every return
 * @param prices whether what spending buys on average is taken off the rewards; see {@link Prices}
 */
public record Advantages(Level level, Norm norm, boolean whiten, Returns returns, Penalties penalties, boolean prices) {
    /** Spreads below this are rounding: nothing is told apart by them. */
    private static final double LEAST_DEVIATION = 1e-8;

    /** What is compared. */
    public enum Level {
        /** Each step's return with the other schedules' at the same step. */
        PROCESS,
        /** Each episode's with the other schedules'; it is that of all its steps. */
        OUTCOME
    }

    /** How it is compared. */
    public enum Norm {
        /** The difference to the mean. */
        CENTER,
        /** That, divided by the standard deviation. */
        ZSCORE
    }

    /**
     * The advantages of a batch.
     *
     * @return for each trajectory, [K·T]; 0 where a step is not effective
     */
    public List<double[]> of(List<Trajectory> batch, ActionGrid grid) {
        List<double[]> advantages = new ArrayList<>();
        Prices charged = prices ? Prices.of(batch) : null;
        for (Trajectory trajectory : batch) {
            double[] values = returns(charged == null ? trajectory : charged.charge(trajectory), grid);
            for (int t = 0; t < trajectory.steps(); t++) {
                compare(values, trajectory, t);
            }
            advantages.add(values);
        }
        if (whiten) {
            whiten(batch, advantages);
        }
        return advantages;
    }

    private double[] returns(Trajectory trajectory, ActionGrid grid) {
        double[] values = returns.discounted(trajectory);
        double[] totals = returns.total(trajectory);
        double[] penalty = penalties.of(trajectory, grid);
        for (int i = 0; i < values.length; i++) {
            int k = i / trajectory.steps();
            values[i] = (level == Level.PROCESS ? values[i] : totals[k]) - penalty[k];
        }
        return values;
    }

    /** Makes the values at step t, which schedules may lack, relative to each other. */
    private void compare(double[] values, Trajectory trajectory, int t) {
        Moments moments = new Moments();
        for (int i = t; i < values.length; i += trajectory.steps()) {
            if (trajectory.effective()[i]) {
                moments.add(values[i]);
            }
        }
        double scale = norm == Norm.CENTER ? 1 : inverse(moments.deviation());
        for (int i = t; i < values.length; i += trajectory.steps()) {
            values[i] = trajectory.effective()[i] ? (values[i] - moments.mean()) * scale : 0;
        }
    }

    private static void whiten(List<Trajectory> batch, List<double[]> advantages) {
        Moments moments = new Moments();
        for (int b = 0; b < batch.size(); b++) {
            for (int i = 0; i < advantages.get(b).length; i++) {
                if (batch.get(b).effective()[i]) {
                    moments.add(advantages.get(b)[i]);
                }
            }
        }
        double scale = inverse(moments.deviation());
        for (int b = 0; b < batch.size(); b++) {
            double[] values = advantages.get(b);
            for (int i = 0; i < values.length; i++) {
                values[i] = batch.get(b).effective()[i] ? (values[i] - moments.mean()) * scale : 0;
            }
        }
    }

    private static double inverse(double deviation) {
        return deviation < LEAST_DEVIATION ? 0 : 1 / deviation;
    }
}
