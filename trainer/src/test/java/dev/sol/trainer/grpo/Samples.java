package dev.sol.trainer.grpo;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.Grids;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.trainer.rollout.Trajectory;
import dev.sol.trainer.rollout.WorkItem;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Networks and trajectories of random numbers. */
final class Samples {
    static final ActionGrid FINE = new ActionGrid(
            new double[] {.1, .25, .5, .75, 1}, new double[] {.2, .4, .6, .8, 1}, new int[] {4, 8, 12, 16});

    private Samples() {}

    static PolicySpec joint(boolean entropy) {
        return new PolicySpec(6, 12, 3, 5, 4, entropy, .15, Grids.PAPER_3L);
    }

    static PolicySpec perAxis(boolean entropy) {
        return new PolicySpec(6, 12, 3, 5, 4, entropy, .15, FINE);
    }

    /** Random everywhere: no zeros that would hide what is behind them. */
    static SortedMap<String, float[]> weights(PolicySpec spec, long seed) {
        Random random = new Random(seed);
        PolicyWeights initial = PolicyWeights.initial(spec, seed);
        SortedMap<String, float[]> weights = new TreeMap<>();
        spec.shapes().keySet().forEach(name -> {
            float[] values = initial.tensor(name);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (.3 * random.nextGaussian());
            }
            weights.put(name, values);
        });
        return weights;
    }

    static WorkItem item(long id, int steps, Budget target) {
        return new WorkItem(id, new int[steps + 2], 1, target, null, 0, id);
    }

    /** Random in all that a network or a loss reads; the first {@code idle} steps are not effective. */
    static Trajectory trajectory(PolicySpec spec, int schedules, int idle, long seed) {
        Random random = new Random(seed);
        int steps = spec.horizon();
        int n = schedules * steps;
        float[] features = new float[n * spec.features()];
        for (int i = 0; i < features.length; i++) {
            features[i] = (float) random.nextGaussian();
        }
        Budget target =
                new Budget(.2 + .6 * random.nextDouble(), .5 + .4 * random.nextDouble(), 6 + 8 * random.nextDouble());
        int[] previous = new int[n];
        int[] actions = new int[n];
        float[] logProbability = new float[n];
        float[] reward = new float[n];
        double[] realised = new double[3 * n];
        boolean[] effective = new boolean[n];
        for (int i = 0; i < n; i++) {
            int t = i % steps;
            effective[i] = t >= idle;
            previous[i] = t <= idle ? -1 : actions[i - 1];
            actions[i] = effective[i] ? random.nextInt(spec.grid().size()) : -1;
            logProbability[i] = (float) (-1 - 2 * random.nextDouble());
            reward[i] = (float) (-3 * random.nextDouble());
            realised[3 * i] = random.nextDouble();
            realised[3 * i + 1] = random.nextDouble();
            realised[3 * i + 2] = 4 + 12 * random.nextDouble();
            // As the network is told them.
            int scalars = i * spec.features() + 2 * spec.embedding();
            features[scalars + 2] = (float) target.attn();
            features[scalars + 3] = (float) target.mlp();
            features[scalars + 4] = (float) (target.bits() / 16);
        }
        return new Trajectory(
                item(seed, steps, target),
                schedules,
                steps,
                features,
                previous,
                actions,
                logProbability,
                reward,
                realised,
                effective,
                new float[0],
                new float[0]);
    }
}
