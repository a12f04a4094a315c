package dev.sol.policy.learned;

/** Layer normalisation with weight and bias. */
final class LayerNorm {
    private final float[] weight;
    private final float[] bias;

    LayerNorm(PolicyWeights weights, String name) {
        this.weight = weights.shared(name + ".weight");
        this.bias = weights.shared(name + ".bias");
    }

    /** Normalises {@code count} rows of x into y, which may be x. */
    void apply(int count, float[][] x, float[][] y) {
        for (int s = 0; s < count; s++) {
            Kernels.norm(weight, bias, x[s], y[s]);
        }
    }
}
