package dev.sol.trainer.grpo;

import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Adam with decoupled weight decay (Loshchilov &amp; Hutter, arXiv 1711.05101), on plain arrays, so that all of its state can be
 * kept exactly. Only matrices decay: pulling the scales of norms to 0 would be no simplification.
 *
 * @param learningRate more than 0
 * @param weightDecay at least 0, in parts of the learning rate
 */
public record AdamW(double learningRate, double weightDecay) {
    private static final double BETA1 = .9;
    private static final double BETA2 = .999;
    private static final double EPSILON = 1e-8;

    /**
     * What it remembers.
     *
     * @param step updates so far
     * @param first running mean of the gradients, by tensor
     * @param second running mean of their squares
     */
    public record Memory(long step, SortedMap<String, float[]> first, SortedMap<String, float[]> second) {
        /** Before the first update. */
        public static Memory empty(SortedMap<String, float[]> weights) {
            return new Memory(0, zeros(weights), zeros(weights));
        }

        private static SortedMap<String, float[]> zeros(SortedMap<String, float[]> like) {
            SortedMap<String, float[]> zeros = new TreeMap<>();
            like.forEach((name, values) -> zeros.put(name, new float[values.length]));
            return zeros;
        }
    }

    /** What an update leaves behind. */
    record Updated(SortedMap<String, float[]> weights, Memory memory) {}

    /**
     * The weights and the memory after one more update; nothing that is given changes.
     *
     * @param matrices the tensors that decay
     */
    Updated update(
            SortedMap<String, float[]> weights,
            SortedMap<String, float[]> gradients,
            Memory memory,
            Set<String> matrices) {
        long step = memory.step() + 1;
        double unbias1 = 1 - Math.pow(BETA1, (double) step);
        double unbias2 = 1 - Math.pow(BETA2, (double) step);
        SortedMap<String, float[]> newWeights = copy(weights);
        Memory newMemory = new Memory(step, copy(memory.first()), copy(memory.second()));
        newWeights.forEach((name, values) -> {
            float[] gradient = get(gradients, name);
            float[] first = get(newMemory.first(), name);
            float[] second = get(newMemory.second(), name);
            double keep = matrices.contains(name) ? 1 - learningRate * weightDecay : 1;
            for (int i = 0; i < values.length; i++) {
                double g = gradient[i];
                first[i] = (float) (BETA1 * first[i] + (1 - BETA1) * g);
                second[i] = (float) (BETA2 * second[i] + (1 - BETA2) * g * g);
                double direction = first[i] / unbias1 / (Math.sqrt(second[i] / unbias2) + EPSILON);
                values[i] = (float) (keep * values[i] - learningRate * direction);
            }
        });
        return new Updated(newWeights, newMemory);
    }

    private static SortedMap<String, float[]> copy(SortedMap<String, float[]> tensors) {
        SortedMap<String, float[]> copy = new TreeMap<>();
        tensors.forEach((name, values) -> copy.put(name, values.clone()));
        return copy;
    }

    private static float[] get(SortedMap<String, float[]> tensors, String name) {
        float[] values = tensors.get(name);
        if (values == null) {
            throw new IllegalArgumentException("no values for " + name);
        }
        return values;
    }
}
