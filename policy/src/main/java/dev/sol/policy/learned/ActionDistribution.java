package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import java.util.random.RandomGenerator;

/**
 * softmax(logits/temperature) over the actions of a grid: over all of them jointly, or axis by axis, independently. One object
 * is set to the logits of step after step. For one thread.
 */
public final class ActionDistribution {
    private static final Axis[] AXES = Axis.values();

    private final PolicySpec spec;
    private final ActionGrid grid;
    private final int heads;
    private final int[] start; // of each head's logits, and the end of the last
    private final double[] logProbability; // [L]
    private final double[] probability; // [L]
    private final int[] best;

    public ActionDistribution(PolicySpec spec) {
        this.spec = spec;
        this.grid = spec.grid();
        this.heads = spec.joint() ? 1 : AXES.length;
        this.start = new int[heads + 1];
        this.best = new int[heads];
        for (int head = 1; head < heads; head++) {
            start[head] = spec.logitOffset(AXES[head]);
        }
        start[heads] = spec.logits();
        this.logProbability = new double[spec.logits()];
        this.probability = new double[spec.logits()];
        set(new float[spec.logits()], 0, 1);
    }

    /**
     * Takes on the logits of a step.
     *
     * @param logits [L] from {@code offset} on
     * @param temperature above 0
     */
    public void set(float[] logits, int offset, double temperature) {
        if (!(temperature > 0)) {
            throw new IllegalArgumentException("the temperature must be above 0, but is " + temperature);
        }
        for (int head = 0; head < heads; head++) {
            int argmax = start[head];
            for (int i = start[head]; i < start[head + 1]; i++) {
                if (logits[offset + i] > logits[offset + argmax]) {
                    argmax = i;
                }
            }
            double max = logits[offset + argmax];
            double sum = 0;
            for (int i = start[head]; i < start[head + 1]; i++) {
                logProbability[i] = (logits[offset + i] - max) / temperature;
                probability[i] = Math.exp(logProbability[i]);
                sum += probability[i];
            }
            double log = Math.log(sum);
            for (int i = start[head]; i < start[head + 1]; i++) {
                logProbability[i] -= log;
                probability[i] /= sum;
            }
            best[head] = argmax - start[head];
        }
    }

    /** Draws an action: its number on the grid. Takes one number from {@code random} per head. */
    public int sample(RandomGenerator random) {
        if (spec.joint()) {
            return draw(0, random);
        }
        int attn = draw(0, random);
        int mlp = draw(1, random);
        return grid.index(attn, mlp, draw(2, random));
    }

    /** The most likely action; of equally likely values the lower. */
    public int greedy() {
        return spec.joint() ? best[0] : grid.index(best[0], best[1], best[2]);
    }

    /** The log-probability of the action with number {@code action}, in nats. */
    public double logProbability(int action) {
        if (spec.joint()) {
            return logProbability[action];
        }
        double sum = 0;
        for (int head = 0; head < heads; head++) {
            sum += logProbability[start[head] + grid.coordinate(action, AXES[head])];
        }
        return sum;
    }

    /** In nats; the sum over the axes if each has a head. */
    public double entropy() {
        double entropy = 0;
        for (int i = 0; i < probability.length; i++) {
            entropy -= probability[i] * logProbability[i];
        }
        return entropy;
    }

    /** The expected value of one axis, in its unit. */
    public double mean(Axis axis) {
        double mean = 0;
        if (spec.joint()) {
            for (int i = 0; i < probability.length; i++) {
                mean += probability[i] * grid.value(axis, grid.coordinate(i, axis));
            }
        } else {
            int first = spec.logitOffset(axis);
            for (int i = 0; i < grid.size(axis); i++) {
                mean += probability[first + i] * grid.value(axis, i);
            }
        }
        return mean;
    }

    private int draw(int head, RandomGenerator random) {
        double u = random.nextDouble();
        int last = start[head];
        for (int i = start[head]; i < start[head + 1]; i++) {
            double p = probability[i];
            if (p > 0) {
                last = i; // what rounding leaves of u goes to the last value that can be drawn
                u -= p;
                if (u < 0) {
                    break;
                }
            }
        }
        return last - start[head];
    }
}
