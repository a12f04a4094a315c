package dev.sol.policy.learned;

import dev.sol.policy.Observation;

/**
 * An observation as the network reads it: [2E + S] values, the hidden state and the embedding, each divided by its root mean
 * square, then the scalars. Training and serving both use this, so that they see the same.
 */
public final class PolicyFeatures {
    private static final float EPSILON = 1e-6f;

    private PolicyFeatures() {}

    /**
     * Writes the features of one step.
     *
     * @param observation with the hidden state and the embedding, [E] each, and the entropy where the spec observes it
     * @param position of the step in the policy's episode, 0 to T − 1
     * @param out gets {@link PolicySpec#features()} values from {@code offset} on
     * @throws IllegalArgumentException if the observation's vectors have another length than the spec's
     */
    public static void write(PolicySpec spec, Observation observation, int position, float[] out, int offset) {
        int length = spec.embedding();
        normalise(observation.hidden(), length, out, offset);
        normalise(observation.embedding(), length, out, offset + length);
        int scalars = offset + 2 * length;
        observation.scalars(position, spec.horizon(), out, scalars);
        if (spec.entropy()) {
            double entropy = observation.previousEntropy();
            out[scalars + Observation.SCALARS] = Double.isNaN(entropy) ? 0 : (float) entropy;
        }
    }

    /** Writes {@code x} / √(mean(x²) + 1e-6). */
    static void normalise(float[] x, int length, float[] out, int offset) {
        if (x.length != length) {
            throw new IllegalArgumentException(
                    "the policy reads vectors of %d values, but the model's have %d".formatted(length, x.length));
        }
        float scale = (float) (1 / Math.sqrt(Kernels.squares(x, length) / length + EPSILON));
        // copied first: with one array the compiler makes vectors of the products
        System.arraycopy(x, 0, out, offset, length);
        for (int j = 0; j < length; j++) {
            out[offset + j] *= scale;
        }
    }
}
