package dev.sol.runtime.bench;

import java.util.Arrays;

/** Of a few measurements. */
final class Statistics {
    private Statistics() {}

    /**
     * The middle value; of an even number the mean of both.
     *
     * @throws IllegalArgumentException without values
     */
    static double median(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Median, least and greatest. */
    record Spread(double median, double min, double max) {
        /** @throws IllegalArgumentException without values */
        static Spread of(double... values) {
            double median = Statistics.median(values);
            return new Spread(
                    median,
                    Arrays.stream(values).min().orElseThrow(),
                    Arrays.stream(values).max().orElseThrow());
        }
    }
}
