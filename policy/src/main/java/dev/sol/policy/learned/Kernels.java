package dev.sol.policy.learned;

/**
 * The network's inner loops, written so that the compiler turns them into vector instructions: over outputs, without sums
 * across lanes. Each output is added up in the same order however many rows there are, so that a batch gives the bits of single
 * rows. All arrays are row-major.
 */
final class Kernels {
    private static final float SQRT_HALF = (float) Math.sqrt(.5);

    private Kernels() {}

    /** y[j] += Σ_i x[i]·w[i][j] for one row: {@code n} inputs, {@code out} outputs. */
    static void accumulate(float[] w, int w0, int n, int out, float[] x, int x0, float[] y, int y0) {
        int i = 0;
        for (; i < n - 3; i += 4) {
            axpy4(w, w0 + i * out, out, x[x0 + i], x[x0 + i + 1], x[x0 + i + 2], x[x0 + i + 3], y, y0);
        }
        for (; i < n; i++) {
            axpy(w, w0 + i * out, out, x[x0 + i], y, y0);
        }
    }

    /** y += a·w, both of {@code length}. */
    static void axpy(float[] w, int w0, int length, float a, float[] y, int y0) {
        for (int j = 0; j < length; j++) {
            y[y0 + j] = Math.fma(a, w[w0 + j], y[y0 + j]);
        }
    }

    /** Four times {@link #axpy} on four adjacent rows of w: one load and store of y instead of four. */
    static void axpy4(float[] w, int w0, int length, float a, float b, float c, float d, float[] y, int y0) {
        int w1 = w0 + length;
        int w2 = w1 + length;
        int w3 = w2 + length;
        for (int j = 0; j < length; j++) {
            float sum = Math.fma(a, w[w0 + j], y[y0 + j]);
            sum = Math.fma(b, w[w1 + j], sum);
            sum = Math.fma(c, w[w2 + j], sum);
            y[y0 + j] = Math.fma(d, w[w3 + j], sum);
        }
    }

    /** Layer normalisation of x into y. */
    static void norm(float[] weight, float[] bias, float[] x, int x0, float[] y, int y0) {
        int n = weight.length;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            sum += x[x0 + i];
        }
        float mean = (float) (sum / n);
        for (int i = 0; i < n; i++) {
            float d = x[x0 + i] - mean;
            squares += d * d;
        }
        float scale = (float) (1 / Math.sqrt(squares / n + PolicySpec.NORM_EPSILON));
        for (int i = 0; i < n; i++) {
            y[y0 + i] = Math.fma((x[x0 + i] - mean) * scale, weight[i], bias[i]);
        }
    }

    /**
     * x·Φ(x) = x/2·(1 + erf(x/√2)), in place. erf is a rational function fitted to it on [−4, 4], beyond which it is ±1 in F32; its
     * error is below 4e-7.
     */
    static void gelu(float[] x, int x0, int length) {
        for (int j = 0; j < length; j++) {
            float v = x[x0 + j];
            float z = Math.max(-4f, Math.min(4f, v * SQRT_HALF));
            float t = z * z;
            float p = Math.fma(1.974852e-6f, t, 2.880404e-4f);
            p = Math.fma(p, t, 4.003568e-3f);
            p = Math.fma(p, t, 5.346723e-2f);
            p = Math.fma(p, t, 1.9624706e-1f);
            p = Math.fma(p, t, 1.128379e+0f);
            float q = Math.fma(3.7481044e-5f, t, 1.2163427e-3f);
            q = Math.fma(q, t, 1.5444262e-2f);
            q = Math.fma(q, t, 1.1647564e-1f);
            q = Math.fma(q, t, 5.072506e-1f);
            q = Math.fma(q, t, 1f);
            float erf = Math.max(-1f, Math.min(1f, z * p / q));
            x[x0 + j] = .5f * v * (1 + erf);
        }
    }
}
