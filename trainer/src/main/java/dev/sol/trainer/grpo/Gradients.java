package dev.sol.trainer.grpo;

import java.util.SortedMap;

/** What is done to gradients before they are used. */
final class Gradients {
    private Gradients() {}

    /** The Euclidean norm of all of them together. */
    static double norm(SortedMap<String, float[]> gradients) {
        double squares = 0;
        for (float[] values : gradients.values()) {
            for (float value : values) {
                squares += (double) value * value;
            }
        }
        return Math.sqrt(squares);
    }

    /**
     * Scales them down to a norm of at most {@code limit}.
     *
     * @return the norm that they had
     * @throws ArithmeticException if it is not finite
     */
    static double clip(SortedMap<String, float[]> gradients, double limit) {
        double norm = norm(gradients);
        if (!Double.isFinite(norm)) {
            throw new ArithmeticException("the gradient is not finite any more: train with a lower learning_rate");
        }
        if (norm > limit) {
            float scale = (float) (limit / norm);
            for (float[] values : gradients.values()) {
                for (int i = 0; i < values.length; i++) {
                    values[i] *= scale;
                }
            }
        }
        return norm;
    }
}
