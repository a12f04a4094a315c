package dev.sol.policy;

import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Mean values per axis: what a generation is asked to keep to (a target), or what it used (realised).
 *
 * @param attn mean κ in (0, 1]
 * @param mlp mean ρ in (0, 1]
 * @param bits mean b in 4…16, in bits
 */
public record Budget(double attn, double mlp, double bits) {
    /** Spares nothing. */
    public static final Budget DENSE = new Budget(1, 1, 16);

    /** Slack of the attainable range, so that its ends can be asked for in decimals. */
    static final double TOLERANCE = 1e-9;

    /** @throws IllegalArgumentException if a value is out of range or NaN */
    public Budget {
        Axis.ATTN.check(attn);
        Axis.MLP.check(mlp);
        Axis.BITS.check(bits);
    }

    /**
     * The targets that one number means: every axis at the share {@code net} of its dense value, except that an axis whose
     * range on the grid ends before that stays at the end, and the others make up for it equally. {@link #net()} of the
     * result is {@code net}, to within 1e-9.
     *
     * @throws UnattainableBudgetException for {@code budget}, if no targets on the grid have this net, or it is NaN
     */
    public static Budget ofNet(double net, ActionGrid grid) {
        double minimum = netOf(grid::minimum);
        double maximum = netOf(grid::maximum);
        checkRange("budget", net, minimum, maximum);
        // The net rises with the common level from the minimum to the maximum: find where it is the one asked for.
        double low = 0;
        double high = 1;
        while (high - low > TOLERANCE / 8) {
            double level = (low + high) / 2;
            if (netOf(axis -> atLevel(axis, level, grid)) < net) {
                low = level;
            } else {
                high = level;
            }
        }
        double level = Math.rint(high * 1e9) / 1e9; // .6 for .6, not its neighbour
        return new Budget(
                atLevel(Axis.ATTN, level, grid), atLevel(Axis.MLP, level, grid), atLevel(Axis.BITS, level, grid));
    }

    /**
     * Targets given axis by axis, in the axis' unit. One that is {@code null} is not limited: 1, 1, 16, or the most that
     * the grid has.
     *
     * @throws UnattainableBudgetException for {@code budget.attn}, {@code budget.mlp} or {@code budget.bits}, if the target
     *     is outside the grid's range, or NaN
     */
    public static Budget of(@Nullable Double attn, @Nullable Double mlp, @Nullable Double bits, ActionGrid grid) {
        return new Budget(resolve(Axis.ATTN, attn, grid), resolve(Axis.MLP, mlp, grid), resolve(Axis.BITS, bits, grid));
    }

    /** The value of one axis, in its unit. */
    public double get(Axis axis) {
        return switch (axis) {
            case ATTN -> attn;
            case MLP -> mlp;
            case BITS -> bits;
        };
    }

    /** The net keep rate: (attn + mlp + bits/16) / 3. */
    public double net() {
        return netOf(this::get);
    }

    private static double netOf(ToDoubleFunction<Axis> value) {
        return (value.applyAsDouble(Axis.ATTN)
                        + value.applyAsDouble(Axis.MLP)
                        + Axis.BITS.share(value.applyAsDouble(Axis.BITS)))
                / 3;
    }

    private static double atLevel(Axis axis, double share, ActionGrid grid) {
        return grid.clamp(axis, axis.ofShare(share));
    }

    private static double resolve(Axis axis, @Nullable Double target, ActionGrid grid) {
        if (target == null) {
            return grid.maximum(axis);
        }
        checkRange("budget." + axis.key(), target, grid.minimum(axis), grid.maximum(axis));
        return grid.clamp(axis, target);
    }

    private static void checkRange(String field, double value, double minimum, double maximum) {
        if (!(value >= minimum - TOLERANCE && value <= maximum + TOLERANCE)) {
            throw new UnattainableBudgetException(field, value, minimum, maximum);
        }
    }
}
