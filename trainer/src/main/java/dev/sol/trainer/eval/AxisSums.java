package dev.sol.trainer.eval;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;

/** Adds up values of the three axes. For one thread. */
final class AxisSums {
    private double attn;
    private double mlp;
    private double bits;
    private double count;

    /** Adds values that stand for {@code weight} steps. */
    void add(double attnValue, double mlpValue, double bitsValue, double weight) {
        attn += attnValue * weight;
        mlp += mlpValue * weight;
        bits += bitsValue * weight;
        count += weight;
    }

    /** The mean; dense without any steps. */
    Budget mean() {
        return count == 0
                ? Budget.DENSE
                : new Budget(mean(Axis.ATTN, attn), mean(Axis.MLP, mlp), mean(Axis.BITS, bits));
    }

    /** A mean of dense values may exceed them by rounding. */
    private double mean(Axis axis, double sum) {
        return Math.min(axis.dense(), sum / count);
    }
}
