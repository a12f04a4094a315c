package dev.sol.trainer.grpo;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The running mean of the weights over the updates (Polyak &amp; Juditsky 1992). Rewards of single tokens are mostly noise, so that the
 * weights keep moving about the policy that they have found; their mean does not, and is what is measured and kept.
 *
 * @param decay share of the mean that an update leaves, 0 to 1 (exclusive); 0: the mean is the last weights
 */
public record WeightAverage(double decay) {
    /** @throws IllegalArgumentException if the decay is out of range */
    public WeightAverage {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("the decay must be in 0…1, but is " + decay);
        }
    }

    /**
     * The mean after one more update; nothing that is given changes. Early on it is the plain mean, so that it does not stay with
     * the start.
     *
     * @param mean before
     * @param weights after the update
     * @param update its number, from 1
     */
    SortedMap<String, float[]> update(
            SortedMap<String, float[]> mean, SortedMap<String, float[]> weights, long update) {
        if (decay == 0) {
            return weights;
        }
        double share = Math.max(1 - decay, 1.0 / update);
        SortedMap<String, float[]> next = new TreeMap<>();
        mean.forEach((name, before) -> {
            float[] now = weights.get(name);
            if (now == null) {
                throw new IllegalArgumentException("no values for " + name);
            }
            float[] values = new float[before.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (before[i] + share * (now[i] - before[i]));
            }
            next.put(name, values);
        });
        return next;
    }
}
