package dev.sol.policy;

import java.util.Arrays;

/**
 * The finite set of actions that a policy chooses from: the product of one ascending list of values per axis. Actions are
 * numbered with the bits varying fastest, then ρ, then κ. Immutable.
 */
public final class ActionGrid {
    private static final ActionGrid DEFAULT = new ActionGrid(twentieths(), twentieths(), integers(4, 16));

    private final double[] attn;
    private final double[] mlp;
    private final double[] bits;

    /**
     * @param attn values of κ, strictly ascending
     * @param mlp values of ρ, strictly ascending
     * @param bits values of b, strictly ascending
     * @throws IllegalArgumentException if an axis is empty, not ascending, or has a value outside its domain
     */
    public ActionGrid(double[] attn, double[] mlp, int[] bits) {
        this.attn = checked(Axis.ATTN, attn.clone());
        this.mlp = checked(Axis.MLP, mlp.clone());
        this.bits = checked(Axis.BITS, Arrays.stream(bits).asDoubleStream().toArray());
        Math.multiplyExact(Math.multiplyExact(attn.length, mlp.length), bits.length);
    }

    /** κ and ρ from .05 to 1 by .05, b from 4 to 16: 5,200 actions. */
    public static ActionGrid defaultGrid() {
        return DEFAULT;
    }

    /** The number of actions. */
    public int size() {
        return attn.length * mlp.length * bits.length;
    }

    /**
     * The action with number {@code index}.
     *
     * @throws IndexOutOfBoundsException if {@code index} is not in 0 … size − 1
     */
    public Action action(int index) {
        if (index < 0 || index >= size()) {
            throw new IndexOutOfBoundsException("no action " + index + " in a grid of " + size());
        }
        int row = index / bits.length;
        return new Action(attn[row / mlp.length], mlp[row % mlp.length], (int) bits[index % bits.length]);
    }

    /** The number of {@code action}, or −1 if the grid does not have it. */
    public int indexOf(Action action) {
        int a = Arrays.binarySearch(attn, action.attnKeep());
        int m = Arrays.binarySearch(mlp, action.mlpKeep());
        int b = Arrays.binarySearch(bits, action.actBits());
        return a < 0 || m < 0 || b < 0 ? -1 : (a * mlp.length + m) * bits.length + b;
    }

    /** The number of values of one axis. */
    public int size(Axis axis) {
        return of(axis).length;
    }

    /**
     * Value {@code i} of one axis, from 0, ascending.
     *
     * @throws IndexOutOfBoundsException if there is none
     */
    public double value(Axis axis, int i) {
        return of(axis)[i];
    }

    /** Which value of one axis (from 0) the action with number {@code index} has. */
    public int coordinate(int index, Axis axis) {
        return switch (axis) {
            case ATTN -> index / (mlp.length * bits.length);
            case MLP -> index / bits.length % mlp.length;
            case BITS -> index % bits.length;
        };
    }

    /** The number of the action with these values, each counted from 0 on its axis. */
    public int index(int attn, int mlp, int bits) {
        return (attn * this.mlp.length + mlp) * this.bits.length + bits;
    }

    /** The values of one axis, ascending; a copy. */
    public double[] values(Axis axis) {
        return of(axis).clone();
    }

    /** The lowest value of one axis. */
    public double minimum(Axis axis) {
        return of(axis)[0];
    }

    /** The highest value of one axis. */
    public double maximum(Axis axis) {
        double[] values = of(axis);
        return values[values.length - 1];
    }

    /** {@code value}, or the end of the axis that it lies beyond; not snapped to a grid value. */
    public double clamp(Axis axis, double value) {
        return Math.clamp(value, minimum(axis), maximum(axis));
    }

    /** The highest grid value that is at most {@code value}, or else the lowest one. */
    public double below(Axis axis, double value) {
        double[] values = of(axis);
        int i = Arrays.binarySearch(values, value);
        return values[i >= 0 ? i : Math.max(-i - 2, 0)];
    }

    /** The lowest grid value that is at least {@code value}, or else the highest one. */
    public double above(Axis axis, double value) {
        double[] values = of(axis);
        int i = Arrays.binarySearch(values, value);
        return values[i >= 0 ? i : Math.min(-i - 1, values.length - 1)];
    }

    /** The grid value closest to {@code value}; of two equally close ones the lower. */
    public double nearest(Axis axis, double value) {
        double below = below(axis, value);
        double above = above(axis, value);
        return above - value < value - below ? above : below;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ActionGrid grid
                && Arrays.equals(attn, grid.attn)
                && Arrays.equals(mlp, grid.mlp)
                && Arrays.equals(bits, grid.bits);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(attn) + Arrays.hashCode(mlp)) + Arrays.hashCode(bits);
    }

    @Override
    public String toString() {
        return "ActionGrid[attn=" + Arrays.toString(attn) + ", mlp=" + Arrays.toString(mlp) + ", bits="
                + Arrays.toString(bits) + "]";
    }

    private double[] of(Axis axis) {
        return switch (axis) {
            case ATTN -> attn;
            case MLP -> mlp;
            case BITS -> bits;
        };
    }

    private static double[] checked(Axis axis, double[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException(axis.key() + " has no grid values");
        }
        for (int i = 0; i < values.length; i++) {
            axis.check(values[i]);
            if (i > 0 && values[i] <= values[i - 1]) {
                throw new IllegalArgumentException(
                        axis.key() + " grid values must ascend, but are " + Arrays.toString(values));
            }
        }
        return values;
    }

    private static double[] twentieths() {
        double[] values = new double[20];
        // A division, not a sum of steps: each value is then the double that its decimal literal denotes.
        Arrays.setAll(values, i -> (i + 1) / 20.0);
        return values;
    }

    private static int[] integers(int first, int last) {
        int[] values = new int[last - first + 1];
        Arrays.setAll(values, i -> first + i);
        return values;
    }
}
