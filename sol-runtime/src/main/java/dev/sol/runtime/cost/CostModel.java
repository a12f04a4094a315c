package dev.sol.runtime.cost;

import dev.sol.policy.Action;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * Predicts how long a decode step of one token takes, in milliseconds, as a sum of parts that are never negative:
 *
 * <pre>
 * base + perAttended·attended(κ, n) + perVisible·n + (κ &lt; 1: perListed·n)
 *      + (ρ &lt; 1: perMlpShare·ρ, otherwise mlpWhole) + (b &lt; 16: bits)
 * </pre>
 *
 * where n are the visible positions. What lists the visible positions or scores their pages grows with n whatever κ is; a
 * dense MLP has a constant of its own, since another kernel computes it. Immutable.
 *
 * @param attended how many positions κ leaves
 * @param base what every step takes
 * @param perAttended for each attended position
 * @param perVisible for each visible position
 * @param perListed for each visible position when some are dropped
 * @param mlpWhole of MLPs of which nothing is dropped
 * @param perMlpShare of MLPs otherwise, for all units; ρ of it is needed
 * @param bits what rounding takes
 */
public record CostModel(
        AttendedPositions attended,
        double base,
        double perAttended,
        double perVisible,
        double perListed,
        double mlpWhole,
        double perMlpShare,
        double bits) {
    private static final int FEATURES = 7;

    /** The names of the coefficients, in their order. */
    static final List<String> NAMES =
            List.of("base", "perAttended", "perVisible", "perListed", "mlpWhole", "perMlpShare", "bits");

    /** @throws IllegalArgumentException if a coefficient is negative or not finite, or all are 0 */
    public CostModel {
        double sum = 0;
        double[] values = {base, perAttended, perVisible, perListed, mlpWhole, perMlpShare, bits};
        for (double value : values) {
            if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("a cost must be finite and not negative: " + value);
            }
            sum += value;
        }
        if (sum == 0) {
            throw new IllegalArgumentException("a model in which nothing costs anything");
        }
    }

    /**
     * Fits a model to measured steps, by non-negative least squares of the relative error.
     *
     * @throws IllegalArgumentException without samples
     */
    public static CostModel fit(AttendedPositions attended, List<CostSample> samples) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to fit a cost model to");
        }
        double[][] rows = new double[samples.size()][];
        double[] ones = new double[samples.size()];
        for (int i = 0; i < rows.length; i++) {
            CostSample sample = samples.get(i);
            Action action = sample.action();
            rows[i] = features(attended, action.attnKeep(), action.mlpKeep(), action.actBits(), sample.depth());
            for (int j = 0; j < FEATURES; j++) {
                rows[i][j] /= sample.millis();
            }
            ones[i] = 1;
        }
        double[] x = NonNegativeLeastSquares.solve(rows, ones);
        return of(attended, x);
    }

    /** @param coefficients as {@link #NAMES} */
    static CostModel of(AttendedPositions attended, double[] coefficients) {
        double[] x = coefficients;
        return new CostModel(attended, x[0], x[1], x[2], x[3], x[4], x[5], x[6]);
    }

    /** As {@link #NAMES}. */
    double[] coefficients() {
        return new double[] {base, perAttended, perVisible, perListed, mlpWhole, perMlpShare, bits};
    }

    /** The factors of the coefficients, in their order. */
    private static double[] features(AttendedPositions attended, double keep, double share, double bits, int depth) {
        int visible = depth + 1;
        return new double[] {
            1,
            attended.of(keep, visible),
            visible,
            keep < 1 ? visible : 0,
            share < 1 ? 0 : 1,
            share < 1 ? share : 0,
            bits < Action.DENSE.actBits() ? 1 : 0
        };
    }

    /**
     * How long a step takes.
     *
     * @param depth positions in the KV cache before it
     * @return milliseconds
     */
    public double millis(Action action, int depth) {
        double[] coefficients = coefficients();
        double[] features = features(attended, action.attnKeep(), action.mlpKeep(), action.actBits(), depth);
        double sum = 0;
        for (int i = 0; i < FEATURES; i++) {
            sum += coefficients[i] * features[i];
        }
        return sum;
    }

    /**
     * The median of |predicted − measured| ÷ measured.
     *
     * @throws IllegalArgumentException without samples
     */
    public double error(Collection<CostSample> samples) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to compare a cost model with");
        }
        return median(samples.stream()
                .mapToDouble(
                        sample -> Math.abs(millis(sample.action(), sample.depth()) - sample.millis()) / sample.millis())
                .toArray());
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
