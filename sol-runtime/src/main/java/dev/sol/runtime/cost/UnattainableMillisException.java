package dev.sol.runtime.cost;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** A time per token that no choice on the grid is predicted to meet. The message is fit for the user who asked for it. */
public final class UnattainableMillisException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final double minimum;

    UnattainableMillisException(double limit, double minimum, int depth) {
        super("ms_per_token must be at least %s (the minimum at a depth of %d tokens), but is %s"
                .formatted(rounded(minimum), depth, limit));
        this.minimum = minimum;
    }

    /** The lowest attainable time, in milliseconds. */
    public double minimum() {
        return minimum;
    }

    /** Upwards: what the message names can be asked for. */
    private static String rounded(double value) {
        return new BigDecimal(value - MillisBudget.TOLERANCE)
                .setScale(4, RoundingMode.CEILING)
                .stripTrailingZeros()
                .toPlainString();
    }
}
