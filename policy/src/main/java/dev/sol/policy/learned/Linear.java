package dev.sol.policy.learned;

/** A linear layer; for each input, the row of what it adds to the outputs. */
final class Linear {
    /** Sequences that are worked on together: their outputs stay in the cache while the weights pass by once. */
    private static final int TILE = 16;

    /** Inputs of a turn. */
    private static final int TURN = 8;

    private final float[][] weight; // [in][out]
    private final float[] rows; // [out, in]
    private final int in;
    private final float[] bias;

    Linear(PolicyWeights weights, String name) {
        this.bias = weights.shared(name + ".bias");
        int out = bias.length;
        this.rows = weights.shared(name + ".weight");
        this.in = rows.length / out;
        this.weight = new float[in][out];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                weight[i][o] = rows[o * in + i];
            }
        }
    }

    int out() {
        return bias.length;
    }

    /** y = bias for {@code count} sequences. */
    void start(int count, float[][] y) {
        for (int s = 0; s < count; s++) {
            System.arraycopy(bias, 0, y[s], 0, bias.length);
        }
    }

    /** y += bias for {@code count} sequences. */
    void addBias(int count, float[][] y) {
        for (int s = 0; s < count; s++) {
            Kernels.axpy(bias, 1, y[s]);
        }
    }

    /**
     * y += W[first, first + n)·x for {@code count} sequences, whose x lie {@code stride} apart in one array.
     *
     * @param columns scratch memory
     */
    void add(int first, int n, float[] x, int x0, int stride, int count, float[][] y, Columns columns) {
        if (columns.pays(count, out())) {
            columns.load(count, y, out());
            for (int i = 0; i < n; i += Columns.TURN) {
                int turn = Math.min(Columns.TURN, n - i);
                for (int s = 0; s < count; s++) {
                    columns.put(s, x, x0 + s * stride + i, turn);
                }
                columns.add(rows, in, first + i, turn, out());
            }
            columns.store(count, y, out());
            return;
        }
        for (int tile = 0; tile < count; tile += TILE) {
            int end = Math.min(tile + TILE, count);
            int turn = end - tile == 1 ? n : TURN; // a lone sequence needs no turns
            for (int i = 0; i < n; i += turn) {
                for (int s = tile; s < end; s++) {
                    Kernels.accumulate(weight, first + i, Math.min(turn, n - i), x, x0 + s * stride + i, y[s]);
                }
            }
        }
    }

    /** y += W[first, …)·x for {@code count} sequences and as many inputs as x has. */
    void add(int first, int count, float[][] x, float[][] y, Columns columns) {
        if (columns.pays(count, out())) {
            int n = x[0].length;
            columns.load(count, y, out());
            for (int i = 0; i < n; i += Columns.TURN) {
                int turn = Math.min(Columns.TURN, n - i);
                for (int s = 0; s < count; s++) {
                    columns.put(s, x[s], i, turn);
                }
                columns.add(rows, in, first + i, turn, out());
            }
            columns.store(count, y, out());
            return;
        }
        for (int tile = 0; tile < count; tile += TILE) {
            int end = Math.min(tile + TILE, count);
            int n = x[tile].length;
            int turn = end - tile == 1 ? n : TURN;
            for (int i = 0; i < n; i += turn) {
                for (int s = tile; s < end; s++) {
                    Kernels.accumulate(weight, first + i, Math.min(turn, n - i), x[s], i, y[s]);
                }
            }
        }
    }

    /** y = W·x + bias for {@code count} sequences. */
    void apply(int count, float[][] x, float[][] y, Columns columns) {
        start(count, y);
        add(0, count, x, y, columns);
    }

    /** y += W·x + bias for one sequence. */
    void residual(float[] x, float[] y) {
        Kernels.axpy(bias, 1, y);
        Kernels.accumulate(weight, 0, weight.length, x, 0, y);
    }

    /** y += W·x + bias for {@code count} sequences. */
    void residual(int count, float[][] x, float[][] y, Columns columns) {
        addBias(count, y);
        add(0, count, x, y, columns);
    }
}
