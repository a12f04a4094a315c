package dev.sol.policy.learned;

/**
 * The network's inner loops, written so that the compiler turns them into vector instructions: over outputs, without sums
 * across lanes, and with one index for all arrays, since arrays with an offset of their own might overlap for all it
 * knows. Matrices are therefore arrays of rows. Each output is added up in the same order however many rows there are, so
 * that a batch gives the bits of single rows.
 *
 * <p>jdk.incubator.vector gives the same bits. On the largest matrix (4096 × 128) it took more than three quarters of the time; with the
 * embedded policy's rows of 32, half of it, 1.3 µs of a step, but a fifth of a second more until its code was compiled. Neither is enough
 * for an incubating module, and its warning, in every launcher.
 */
final class Kernels {
    private static final float SQRT_HALF = (float) Math.sqrt(.5);

    private Kernels() {}

    /** y += Σ x[x0 + i]·w[first + i] over n rows of w, each as long as y. */
    static void accumulate(float[][] w, int first, int n, float[] x, int x0, float[] y) {
        int i = 0;
        for (; i < n - 7; i += 8) {
            int r = first + i;
            int c = x0 + i;
            eight(
                    w[r], w[r + 1], w[r + 2], w[r + 3], w[r + 4], w[r + 5], w[r + 6], w[r + 7], x[c], x[c + 1],
                    x[c + 2], x[c + 3], x[c + 4], x[c + 5], x[c + 6], x[c + 7], y);
        }
        for (; i < n; i++) {
            axpy(w[first + i], x[x0 + i], y);
        }
    }

    /** y += a·w. */
    static void axpy(float[] w, float a, float[] y) {
        for (int j = 0; j < y.length; j++) {
            y[j] = Math.fma(a, w[j], y[j]);
        }
    }

    /** Eight times {@link #axpy}: one load and store of y instead of eight. */
    private static void eight(
            float[] w0,
            float[] w1,
            float[] w2,
            float[] w3,
            float[] w4,
            float[] w5,
            float[] w6,
            float[] w7,
            float x0,
            float x1,
            float x2,
            float x3,
            float x4,
            float x5,
            float x6,
            float x7,
            float[] y) {
        for (int j = 0; j < y.length; j++) {
            float sum = Math.fma(x0, w0[j], y[j]);
            sum = Math.fma(x1, w1[j], sum);
            sum = Math.fma(x2, w2[j], sum);
            sum = Math.fma(x3, w3[j], sum);
            sum = Math.fma(x4, w4[j], sum);
            sum = Math.fma(x5, w5[j], sum);
            sum = Math.fma(x6, w6[j], sum);
            y[j] = Math.fma(x7, w7[j], sum);
        }
    }

    /** Layer normalisation of x into y, which may be x. */
    static void norm(float[] weight, float[] bias, float[] x, float[] y) {
        int n = x.length;
        float mean = (float) (sum(x) / n);
        for (int j = 0; j < n; j++) {
            y[j] = x[j] - mean;
        }
        float scale = (float) (1 / Math.sqrt(squares(y, n) / n + PolicySpec.NORM_EPSILON));
        for (int j = 0; j < n; j++) {
            y[j] = Math.fma(y[j] * scale, weight[j], bias[j]);
        }
    }

    /** Σ x, in four sums: one alone would wait for each of its additions. */
    private static double sum(float[] x) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i < x.length - 3; i += 4) {
            a += x[i];
            b += x[i + 1];
            c += x[i + 2];
            d += x[i + 3];
        }
        for (; i < x.length; i++) {
            a += x[i];
        }
        return a + b + (c + d);
    }

    /** Σ x² of the first n values, in four sums. */
    static double squares(float[] x, int n) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i < n - 3; i += 4) {
            a += (double) x[i] * x[i];
            b += (double) x[i + 1] * x[i + 1];
            c += (double) x[i + 2] * x[i + 2];
            d += (double) x[i + 3] * x[i + 3];
        }
        for (; i < n; i++) {
            a += (double) x[i] * x[i];
        }
        return a + b + (c + d);
    }

    /**
     * x·Φ(x) = x/2·(1 + erf(x/√2)), in place. erf is a rational function fitted to it on [−4, 4], beyond which it is ±1 in F32; its
     * error is below 4e-7.
     */
    static void gelu(float[] x) {
        for (int j = 0; j < x.length; j++) {
            float v = x[j];
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
            x[j] = .5f * v * (1 + erf);
        }
    }
}
