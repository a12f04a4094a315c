package dev.sol.trainer.grpo;

import dev.sol.policy.Axis;
import dev.sol.trainer.rollout.Trajectory;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * What a step's spending buys on average, in nats: λ + μ·target for a whole share of an axis. With it taken off the rewards a schedule is
 * no better for having spent more; it is better for having spent where it was worth more than elsewhere, which is what a budget leaves
 * to a policy. A penalty for the schedule's mean cannot do this: a mean of few random actions misses by chance, and pays more for that
 * than the right choice of tokens earns.
 *
 * <p>The prices are the least-squares fit of a batch: of rewards, relative to those of the other schedules at the same step, to what
 * was used, relative to the others and by itself times the target, since the less is kept the dearer it is. Ours; not in the paper.
 */
final class Prices {
    private static final Axis[] AXES = Axis.values();
    private static final int N = 2 * AXES.length;

    /** Of the mean variance: what the batch tells nothing about gets no price. */
    private static final double RIDGE = 1e-4;

    private final double[] weights;

    private Prices(double[] weights) {
        this.weights = weights;
    }

    /** The prices of a batch; none where all schedules used the same. */
    static Prices of(List<Trajectory> batch) {
        DMatrixRMaj covariance = new DMatrixRMaj(N, N);
        DMatrixRMaj products = new DMatrixRMaj(N, 1);
        double[] used = new double[N];
        for (Trajectory trajectory : batch) {
            for (int t = 0; t < trajectory.steps(); t++) {
                add(trajectory, t, used, covariance, products);
            }
        }
        double trace = 0;
        for (int i = 0; i < N; i++) {
            trace += covariance.get(i, i);
        }
        if (trace == 0) {
            return new Prices(new double[N]);
        }
        for (int i = 0; i < N; i++) {
            covariance.add(i, i, RIDGE * trace / N);
        }
        LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(N);
        DMatrixRMaj solution = new DMatrixRMaj(N, 1);
        if (!solver.setA(covariance)) {
            throw new ArithmeticException("rewards or what was used are not finite");
        }
        solver.solve(products, solution);
        return new Prices(solution.data.clone());
    }

    /** Adds the schedules at one step, relative to their mean. */
    private static void add(Trajectory trajectory, int t, double[] used, DMatrixRMaj covariance, DMatrixRMaj products) {
        double[] meanUsed = new double[N];
        double meanReward = 0;
        int count = 0;
        for (int i = t; i < trajectory.reward().length; i += trajectory.steps()) {
            if (trajectory.effective()[i]) {
                used(trajectory, i, used);
                for (int j = 0; j < N; j++) {
                    meanUsed[j] += used[j];
                }
                meanReward += trajectory.reward()[i];
                count++;
            }
        }
        for (int i = t; i < trajectory.reward().length; i += trajectory.steps()) {
            if (trajectory.effective()[i]) {
                used(trajectory, i, used);
                double reward = trajectory.reward()[i] - meanReward / count;
                for (int j = 0; j < N; j++) {
                    double x = used[j] - meanUsed[j] / count;
                    products.add(j, 0, x * reward);
                    for (int l = 0; l < N; l++) {
                        covariance.add(j, l, x * (used[l] - meanUsed[l] / count));
                    }
                }
            }
        }
    }

    /** Shares that step {@code i} used beyond the targets; then the same times the targets. */
    private static void used(Trajectory trajectory, int i, double[] out) {
        for (int a = 0; a < AXES.length; a++) {
            double target = AXES[a].share(trajectory.item().target().get(AXES[a]));
            out[a] = AXES[a].share(trajectory.realised()[AXES.length * i + a]) - target;
            out[AXES.length + a] = out[a] * target;
        }
    }

    /** The trajectory with the price of what each step used taken off its reward. */
    Trajectory charge(Trajectory trajectory) {
        float[] reward = trajectory.reward().clone();
        double[] used = new double[N];
        for (int i = 0; i < reward.length; i++) {
            if (trajectory.effective()[i]) {
                used(trajectory, i, used);
                double price = 0;
                for (int j = 0; j < N; j++) {
                    price += weights[j] * used[j];
                }
                reward[i] -= (float) price;
            }
        }
        return trajectory.withReward(reward);
    }
}
