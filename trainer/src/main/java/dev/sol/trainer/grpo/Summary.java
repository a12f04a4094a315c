package dev.sol.trainer.grpo;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.trainer.rollout.Trajectory;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the schedules of an update got and used, as metrics. */
final class Summary {
    private static final Axis[] AXES = Axis.values();

    private final Moments reward = new Moments();
    private final Moments penalty = new Moments();
    private final Moments miss = new Moments();
    private final Moments[] used = perAxis();
    private final Moments[] aims = perAxis();

    private Summary() {}

    static Map<Metric, Double> of(List<Trajectory> trajectories, Penalties penalties, ActionGrid grid) {
        Summary summary = new Summary();
        for (Trajectory trajectory : trajectories) {
            double[] penalty = penalties.of(trajectory, grid);
            for (int k = 0; k < trajectory.schedules(); k++) {
                int steps = Penalties.effective(trajectory, k);
                if (steps > 0) {
                    summary.penalty.add(penalty[k]);
                    summary.addBudgets(trajectory, k, steps, grid);
                }
            }
            for (int i = 0; i < trajectory.reward().length; i++) {
                if (trajectory.effective()[i]) {
                    summary.reward.add(trajectory.reward()[i]);
                }
            }
        }
        return summary.metrics();
    }

    private void addBudgets(Trajectory trajectory, int k, int steps, ActionGrid grid) {
        for (int i = 0; i < AXES.length; i++) {
            Axis axis = AXES[i];
            double mean = Penalties.mean(trajectory, k, axis);
            double aim = Penalties.aim(trajectory.item(), axis, steps, grid);
            used[i].add(mean);
            aims[i].add(aim);
            miss.add(Math.abs(axis.share(mean) - axis.share(aim)));
        }
    }

    private Map<Metric, Double> metrics() {
        EnumMap<Metric, Double> metrics = new EnumMap<>(Metric.class);
        metrics.put(Metric.REWARD, reward.mean());
        metrics.put(Metric.PENALTY, penalty.mean());
        metrics.put(Metric.MISS, miss.mean());
        for (int i = 0; i < AXES.length; i++) {
            metrics.put(Metric.used(AXES[i]), used[i].mean());
            metrics.put(Metric.aim(AXES[i]), aims[i].mean());
        }
        return metrics;
    }

    private static Moments[] perAxis() {
        Moments[] moments = new Moments[AXES.length];
        Arrays.setAll(moments, _ -> new Moments());
        return moments;
    }
}
