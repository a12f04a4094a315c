package dev.sol.trainer.stats;

import java.util.function.DoubleUnaryOperator;

/**
 * An interval of real numbers, ends included.
 *
 * @param lower not more than {@code upper}
 * @param upper may be infinite
 */
public record Interval(double lower, double upper) {

    /** @throws IllegalArgumentException if the ends are not in order, or one is NaN */
    public Interval {
        if (!(lower <= upper)) {
            throw new IllegalArgumentException("an interval cannot reach from " + lower + " to " + upper);
        }
    }

    public boolean contains(double value) {
        return lower <= value && value <= upper;
    }

    /**
     * The interval of a function of the value.
     *
     * @param increasing percentiles of such a function are the function of the percentiles
     */
    public Interval map(DoubleUnaryOperator increasing) {
        return new Interval(increasing.applyAsDouble(lower), increasing.applyAsDouble(upper));
    }
}
