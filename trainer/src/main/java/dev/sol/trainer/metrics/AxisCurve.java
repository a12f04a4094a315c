package dev.sol.trainer.metrics;

import java.util.Arrays;

/**
 * Loss over what one axis realises, the other axes fixed: the greatest function that is convex, does not rise, and lies nowhere above
 * the measurements after those were made monotone. Piecewise linear. Convex, since no more is lost by mixing two values than the
 * mean of their losses; so what measurements show beyond it is noise, or a value that is never worth taking.
 */
final class AxisCurve {
    private final double[] requested; // as measured, ascending
    private final double[] realised;
    private final double[] x; // of the hull, ascending
    private final double[] y;

    private AxisCurve(double[] requested, double[] realised, double[] x, double[] y) {
        this.requested = requested;
        this.realised = realised;
        this.x = x;
        this.y = y;
    }

    /**
     * @param requested [n ≥ 1] shares asked for, ascending
     * @param realised [n] shares used; where they do not rise with those asked for, the knob does not reach the model, and what
     *     was asked for stands for them
     * @param loss [n]
     */
    static AxisCurve of(double[] requested, double[] realised, double[] loss) {
        double[] used = isAscending(realised) ? realised : requested;
        double[] falling = falling(loss);
        int n = used.length;
        int[] hull = new int[n];
        int size = 0;
        for (int i = 0; i < n; i++) {
            while (size > 1 && isAbove(used, falling, hull[size - 2], hull[size - 1], i)) {
                size--;
            }
            hull[size++] = i;
        }
        int[] kept = Arrays.copyOf(hull, size);
        return new AxisCurve(
                requested.clone(),
                used.clone(),
                Arrays.stream(kept).mapToDouble(i -> used[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> falling[i]).toArray());
    }

    private static boolean isAscending(double[] values) {
        for (int i = 1; i < values.length; i++) {
            if (values[i] <= values[i - 1]) {
                return false;
            }
        }
        return true;
    }

    /** The closest sequence that does not rise, in the mean square (pool adjacent violators). */
    static double[] falling(double[] values) {
        int n = values.length;
        double[] sum = new double[n];
        int[] count = new int[n];
        int blocks = 0;
        for (double value : values) {
            sum[blocks] = value;
            count[blocks++] = 1;
            while (blocks > 1 && sum[blocks - 1] / count[blocks - 1] > sum[blocks - 2] / count[blocks - 2]) {
                blocks--;
                sum[blocks - 1] += sum[blocks];
                count[blocks - 1] += count[blocks];
            }
        }
        double[] fitted = new double[n];
        int at = 0;
        for (int block = 0; block < blocks; block++) {
            Arrays.fill(fitted, at, at + count[block], sum[block] / count[block]);
            at += count[block];
        }
        return fitted;
    }

    /** Whether the middle point is on or above the line through the others. */
    private static boolean isAbove(double[] x, double[] y, int left, int middle, int right) {
        double slope = (y[right] - y[left]) / (x[right] - x[left]);
        return y[middle] >= y[left] + slope * (x[middle] - x[left]);
    }

    /** Corners of the curve. */
    int corners() {
        return x.length;
    }

    /** Realised share at a corner. */
    double x(int corner) {
        return x[corner];
    }

    /** What a unit of share saves between a corner and the next; falls from corner to corner. */
    double gain(int corner) {
        return (y[corner] - y[corner + 1]) / (x[corner + 1] - x[corner]);
    }

    /** What to ask for in order to realise {@code share}. */
    double request(double share) {
        return interpolate(realised, requested, share);
    }

    static double interpolate(double[] from, double[] to, double value) {
        int i = Arrays.binarySearch(from, value);
        if (i >= 0) {
            return to[i];
        }
        int above = -i - 1;
        if (above == 0) {
            return to[0];
        }
        if (above == from.length) {
            return to[to.length - 1];
        }
        double weight = (value - from[above - 1]) / (from[above] - from[above - 1]);
        return to[above - 1] + weight * (to[above] - to[above - 1]);
    }
}
