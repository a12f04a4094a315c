package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Observation;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Policies and inputs made up for tests. */
final class Networks {
    private Networks() {}

    static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    static PolicySpec spec(ActionGrid grid) {
        return new PolicySpec(12, 16, 2, 8, 4, false, .1, grid);
    }

    /** Weights as after training: no tensor is zero, none the identity. */
    static PolicyWeights trained(PolicySpec spec, long seed) {
        return trained(spec, seed, .3);
    }

    /** The same, with heads of the given strength. */
    static PolicyWeights trained(PolicySpec spec, long seed, double head) {
        RandomGenerator random = random(seed);
        PolicyWeights initial = PolicyWeights.initial(spec, seed);
        Map<String, float[]> tensors = new TreeMap<>();
        for (String name : spec.shapes().keySet()) {
            float[] values = initial.tensor(name);
            double scale = name.startsWith("head.weight") || name.startsWith("target.out") ? head : .05;
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (scale * random.nextGaussian());
            }
            tensors.put(name, values);
        }
        return new PolicyWeights(spec, tensors);
    }

    /** Random features, with targets of the grid. */
    static float[] features(PolicySpec spec, RandomGenerator random) {
        float[] features = new float[spec.features()];
        for (int i = 0; i < features.length; i++) {
            features[i] = (float) random.nextGaussian();
        }
        int i = 2 * spec.embedding() + Observation.TARGETS;
        for (Axis axis : Axis.values()) {
            double low = axis.share(spec.grid().minimum(axis));
            double high = axis.share(spec.grid().maximum(axis));
            features[i++] = (float) (low + (high - low) * random.nextDouble());
        }
        return features;
    }
}
