package dev.sol.policy.learned;

/** A linear layer, its weights transposed to [in][out]. */
final class Linear {
    /** Rows that are worked on together: their outputs stay in the cache while the weights pass by once. */
    private static final int TILE = 16;

    private final int in;
    private final int out;
    private final float[] weight;
    private final float[] bias;

    Linear(PolicyWeights weights, String name) {
        this.bias = weights.shared(name + ".bias");
        this.out = bias.length;
        float[] rows = weights.shared(name + ".weight");
        this.in = rows.length / out;
        this.weight = new float[rows.length];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                weight[i * out + o] = rows[o * in + i];
            }
        }
    }

    int out() {
        return out;
    }

    /** y = bias for {@code count} rows. */
    void start(int count, float[] y) {
        for (int row = 0; row < count; row++) {
            System.arraycopy(bias, 0, y, row * out, out);
        }
    }

    /** y += bias for {@code count} rows. */
    void addBias(int count, float[] y) {
        for (int row = 0; row < count; row++) {
            Kernels.axpy(bias, 0, out, 1, y, row * out);
        }
    }

    /** y += W[first, first + n)·x for {@code count} rows; the rows of x lie {@code stride} apart. */
    void add(int first, int n, float[] x, int x0, int stride, int count, float[] y) {
        for (int tile = 0; tile < count; tile += TILE) {
            int end = Math.min(tile + TILE, count);
            int step = end - tile == 1 ? n : 4; // a lone row needs no turns
            for (int i = 0; i < n; i += step) {
                for (int row = tile; row < end; row++) {
                    Kernels.accumulate(
                            weight,
                            (first + i) * out,
                            Math.min(step, n - i),
                            out,
                            x,
                            x0 + row * stride + i,
                            y,
                            row * out);
                }
            }
        }
    }

    /** y += W·x for {@code count} rows. */
    void add(int count, float[] x, float[] y) {
        add(0, in, x, 0, in, count, y);
    }

    /** y = W·x + bias for {@code count} rows. */
    void apply(int count, float[] x, float[] y) {
        start(count, y);
        add(count, x, y);
    }
}
