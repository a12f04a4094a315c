package dev.sol.policy.learned;

import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** A policy network's weights, with the names and shapes of {@link PolicySpec#shapes()}; all finite. Immutable. */
public final class PolicyWeights {
    // Named, so that a seed means the same on every Java version.
    private static final RandomGeneratorFactory<RandomGenerator> RANDOM = RandomGeneratorFactory.of("L64X128MixRandom");

    private final PolicySpec spec;
    private final SortedMap<String, float[]> tensors = new TreeMap<>();

    /**
     * @param tensors copied
     * @throws IllegalArgumentException if a tensor is missing, unknown, of another length than the spec's, or not finite
     */
    public PolicyWeights(PolicySpec spec, Map<String, float[]> tensors) {
        this.spec = spec;
        SortedMap<String, int[]> shapes = spec.shapes();
        for (String name : new TreeMap<>(tensors).keySet()) {
            if (!shapes.containsKey(name)) {
                throw new IllegalArgumentException("unknown tensor " + name);
            }
        }
        shapes.forEach((name, shape) -> {
            float[] values = tensors.get(name);
            if (values == null) {
                throw new IllegalArgumentException("tensor " + name + " is missing");
            }
            if (values.length != elements(shape)) {
                throw new IllegalArgumentException("tensor %s must have the shape %s, but has %d values"
                        .formatted(name, Arrays.toString(shape), values.length));
            }
            float[] copy = values.clone();
            for (int i = 0; i < copy.length; i++) {
                if (!Float.isFinite(copy[i])) {
                    throw new IllegalArgumentException(
                            "tensor %s is not finite: value %d is %s".formatted(name, i, copy[i]));
                }
            }
            this.tensors.put(name, copy);
        });
    }

    /**
     * Weights to start training from. The heads are zero, so that the logits are {@link PolicyPrior}'s: the policy is the static
     * one. Norms are the identity; embeddings of actions are drawn from a normal distribution, those of positions too, at .02
     * of the width; linear layers are uniform within ±1/√in, their biases included. Equal seeds give equal weights.
     */
    public static PolicyWeights initial(PolicySpec spec, long seed) {
        RandomGenerator random = RANDOM.create(seed);
        SortedMap<String, int[]> shapes = spec.shapes();
        Map<String, float[]> tensors = new TreeMap<>();
        shapes.forEach((name, shape) -> {
            float[] values = new float[elements(shape)];
            String layer = name.substring(0, name.lastIndexOf('.'));
            boolean weight = name.endsWith(".weight");
            if (layer.endsWith("norm")) {
                Arrays.fill(values, weight ? 1 : 0);
            } else if (layer.startsWith("action") || layer.equals("position")) {
                double scale = layer.equals("position") ? .02 : 1;
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (scale * random.nextGaussian());
                }
            } else if (!layer.equals("head") && !layer.equals("target.out")) {
                double bound = 1 / Math.sqrt(shape(shapes, layer + ".weight")[1]);
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (bound * (2 * random.nextDouble() - 1));
                }
            }
            tensors.put(name, values);
        });
        return new PolicyWeights(spec, tensors);
    }

    public PolicySpec spec() {
        return spec;
    }

    /**
     * One tensor, row-major; a copy.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public float[] tensor(String name) {
        return shared(name).clone();
    }

    /** As {@link #tensor}, but the array itself: to be read only. */
    float[] shared(String name) {
        float[] values = tensors.get(name);
        if (values == null) {
            throw new IllegalArgumentException("no tensor " + name);
        }
        return values;
    }

    /** The number of weights. */
    public long parameters() {
        return tensors.values().stream().mapToLong(values -> values.length).sum();
    }

    /** Equal specs and equal bits. */
    @Override
    public boolean equals(Object other) {
        return other instanceof PolicyWeights weights
                && spec.equals(weights.spec)
                && tensors.entrySet().stream().allMatch(e -> Arrays.equals(e.getValue(), weights.shared(e.getKey())));
    }

    @Override
    public int hashCode() {
        int hash = spec.hashCode();
        for (float[] values : tensors.values()) {
            hash = 31 * hash + Arrays.hashCode(values);
        }
        return hash;
    }

    @Override
    public String toString() {
        return "PolicyWeights[" + spec + ", " + parameters() + " parameters]";
    }

    static int elements(int[] shape) {
        int count = 1;
        for (int size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    private static int[] shape(Map<String, int[]> shapes, String name) {
        int[] shape = shapes.get(name);
        if (shape == null) {
            throw new IllegalStateException("no tensor " + name);
        }
        return shape;
    }
}
