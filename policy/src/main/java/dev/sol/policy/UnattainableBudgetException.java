package dev.sol.policy;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** A budget, or one axis of it, that no choice on the grid can meet. The message is fit for the user who asked for it. */
public final class UnattainableBudgetException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final double minimum;
    private final double maximum;

    UnattainableBudgetException(String field, double value, double minimum, double maximum) {
        super("%s must be between %s (the minimum) and %s, but is %s"
                .formatted(
                        field,
                        // Rounded inwards: what the message names can be asked for.
                        rounded(minimum - Budget.TOLERANCE, RoundingMode.CEILING),
                        rounded(maximum + Budget.TOLERANCE, RoundingMode.FLOOR),
                        value));
        this.field = field;
        this.minimum = minimum;
        this.maximum = maximum;
    }

    /** What was wrong: {@code budget}, {@code budget.attn}, {@code budget.mlp} or {@code budget.bits}. */
    public String field() {
        return field;
    }

    /** The lowest attainable value: a net keep rate for {@code budget}, otherwise in the axis' unit. */
    public double minimum() {
        return minimum;
    }

    /** The highest attainable value, in the unit of {@link #minimum()}. */
    public double maximum() {
        return maximum;
    }

    private static String rounded(double value, RoundingMode mode) {
        return new BigDecimal(value).setScale(4, mode).stripTrailingZeros().toPlainString();
    }
}
