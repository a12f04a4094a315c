package dev.sol.policy;

import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.DoubleStream;

/** Made-up signals in [0, 1], and observations that show them to the policies that look for them. */
enum Signals {
    UNIFORM,
    NORMAL,
    /** Low nearly always, as entropies are. */
    SKEWED,
    TWO_VALUES,
    CONSTANT,
    RISING,
    FALLING,
    /** With a period of 16 steps. */
    WAVE,
    /** A random walk: far from one half for a long time. */
    WALK;

    double[] values(int n, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        IntToDoubleFunction next = switch (this) {
            case UNIFORM -> _ -> random.nextDouble();
            case NORMAL -> _ -> random.nextGaussian(.5, .1);
            case SKEWED -> _ -> Math.pow(random.nextDouble(), 6);
            case TWO_VALUES -> _ -> random.nextInt(4) == 0 ? .75 : .25;
            case CONSTANT -> _ -> .5;
            case RISING -> i -> i / (double) n;
            case FALLING -> i -> 1 - i / (double) n;
            case WAVE -> i -> .5 + .4 * Math.sin(i / 2.5);
            case WALK -> {
                double[] at = {.5};
                yield _ -> at[0] = Math.clamp(at[0] + random.nextGaussian(0, .02), 0, 1);
            }
        };
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = Math.clamp(next.applyAsDouble(i), 0, 1);
        }
        return values;
    }

    /** The hidden states, [n][2], of which each drifts from the one before by {@code drift[i]}. */
    static float[][] hiddenStates(double[] drift) {
        float[][] states = new float[drift.length][];
        double angle = 0;
        for (int i = 0; i < drift.length; i++) {
            angle += Math.acos(1 - 2 * drift[i]);
            states[i] = new float[] {(float) (3 * Math.cos(angle)), (float) (3 * Math.sin(angle))};
        }
        return states;
    }

    /** Pearson's. */
    static double correlation(double[] a, double[] b) {
        double meanA = DoubleStream.of(a).average().orElseThrow();
        double meanB = DoubleStream.of(b).average().orElseThrow();
        double product = 0;
        double squareA = 0;
        double squareB = 0;
        for (int i = 0; i < a.length; i++) {
            product += (a[i] - meanA) * (b[i] - meanB);
            squareA += Math.pow(a[i] - meanA, 2);
            squareB += Math.pow(b[i] - meanB, 2);
        }
        return product / Math.sqrt(squareA * squareB);
    }
}
