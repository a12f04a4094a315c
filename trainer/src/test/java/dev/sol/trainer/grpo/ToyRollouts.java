package dev.sol.trainer.grpo;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.learned.ActionDistribution;
import dev.sol.policy.learned.PolicyFeatures;
import dev.sol.policy.learned.PolicyNetwork;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.trainer.rollout.Rollouts;
import dev.sol.trainer.rollout.Trajectory;
import dev.sol.trainer.rollout.WorkItem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;

/**
 * A world in which half of an episode's tokens need compute and the others none, and the hidden state says which: the reward is
 * −(1 − ρ) where it is needed and 0 elsewhere. κ and b do not matter and cannot be chosen. With a target v, the best schedule gives
 * the tokens in need min(1, 2v − .2), and the rest goes to the others.
 */
public final class ToyRollouts implements Rollouts {
    public static final int EMBEDDING = 4;
    public static final ActionGrid GRID =
            new ActionGrid(new double[] {1}, new double[] {.2, .4, .6, .8, 1}, new int[] {16});

    private volatile boolean cancelled;

    public static PolicySpec spec(int horizon) {
        return new PolicySpec(EMBEDDING, 16, 2, horizon, 4, false, .15, GRID);
    }

    @Override
    public List<Trajectory> run(List<WorkItem> items, PolicyWeights weights, double temperature, int schedules) {
        PolicyNetwork network = new PolicyNetwork(weights);
        List<Trajectory> trajectories = new ArrayList<>();
        for (WorkItem item : items) {
            if (cancelled) {
                throw new CancellationException();
            }
            trajectories.add(new Episode(network, item, temperature, schedules).run());
        }
        return trajectories;
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    @Override
    public void close() {}

    private static final class Episode {
        private final PolicyNetwork network;
        private final PolicySpec spec;
        private final WorkItem item;
        private final double temperature;
        private final int schedules;
        private final int steps;
        private final float[] features;
        private final int[] previous;
        private final int[] actions;
        private final float[] logProbability;
        private final float[] reward;
        private final double[] realised;

        Episode(PolicyNetwork network, WorkItem item, double temperature, int schedules) {
            this.network = network;
            this.spec = network.spec();
            this.item = item;
            this.temperature = temperature;
            this.schedules = schedules;
            this.steps = item.steps();
            int n = schedules * steps;
            this.features = new float[n * spec.features()];
            this.previous = new int[n];
            this.actions = new int[n];
            this.logProbability = new float[n];
            this.reward = new float[n];
            this.realised = new double[3 * n];
        }

        Trajectory run() {
            Random world = new Random(item.seed());
            List<Boolean> needs = new ArrayList<>();
            for (int t = 0; t < steps; t++) {
                needs.add(t % 2 == 0);
            }
            Collections.shuffle(needs, world);
            float[][] hidden = new float[steps][EMBEDDING];
            for (int t = 0; t < steps; t++) {
                for (int i = 0; i < EMBEDDING; i++) {
                    hidden[t][i] = (float) (.3 * world.nextGaussian());
                }
                hidden[t][1] = needs.get(t) ? 1 : -1;
            }
            Random random = new Random(~item.seed());
            for (int k = 0; k < schedules; k++) {
                schedule(k, needs, hidden, random);
            }
            boolean[] effective = new boolean[schedules * steps];
            java.util.Arrays.fill(effective, true);
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
                    new float[0],
                    new float[0]);
        }

        private void schedule(int k, List<Boolean> needs, float[][] hidden, Random random) {
            Observation observation =
                    new Observation(new PolicyContext(item.target(), GRID, 0), steps, EMBEDDING, EMBEDDING);
            Budget start = item.startMean();
            for (int i = 0; start != null && i < item.startSteps(); i++) {
                observation.tracker().record(start.attn(), start.mlp(), start.bits());
            }
            PolicyNetwork.Lanes lanes = network.lanes(1);
            ActionDistribution distribution = new ActionDistribution(spec);
            float[] row = new float[spec.features()];
            float[] logits = new float[spec.logits()];
            for (int t = 0; t < steps; t++) {
                int i = k * steps + t;
                System.arraycopy(hidden[t], 0, observation.hidden(), 0, EMBEDDING);
                observation.begin(t, true);
                PolicyFeatures.write(spec, observation, t, row, 0);
                System.arraycopy(row, 0, features, i * row.length, row.length);
                previous[i] = observation.previousAction();
                network.forward(lanes, new int[] {0}, 1, row, new int[] {previous[i]}, logits);
                distribution.set(logits, 0, temperature);
                actions[i] = distribution.sample(random);
                logProbability[i] = (float) distribution.logProbability(actions[i]);
                Action action = GRID.action(actions[i]);
                reward[i] = needs.get(t) ? (float) (action.mlpKeep() - 1) : 0;
                observation.record(action, action.attnKeep(), action.mlpKeep(), action.actBits());
                realised[3 * i] = action.attnKeep();
                realised[3 * i + 1] = action.mlpKeep();
                realised[3 * i + 2] = action.actBits();
            }
        }
    }

    /** The best mean reward of a step for a mean ρ of {@code mean}. */
    static double best(double mean) {
        return -.5 * (1 - Math.min(1, 2 * mean - .2));
    }
}
