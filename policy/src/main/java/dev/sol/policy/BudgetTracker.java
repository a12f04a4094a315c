package dev.sol.policy;

import java.util.Optional;

/**
 * Adds up what the effective steps of one generation really used, which is not what was chosen: ⌈κ·n⌉ positions and ⌈ρ·G⌉
 * units round up, and the sinks, the window and the current position are always attended. Values are in the unit of
 * their {@link Axis}. For one thread.
 */
public final class BudgetTracker {
    private final Budget target;
    private double attn;
    private double mlp;
    private double bits;
    private int steps;

    public BudgetTracker(Budget target) {
        this.target = target;
    }

    /**
     * Adds one effective step. An axis whose knob reaches no layer of the model was dense.
     *
     * @param attn positions attended ÷ visible, in (0, 1]
     * @param mlp units kept ÷ all, in (0, 1]
     * @param bits in 4…16
     * @throws IllegalArgumentException if a value is out of range or NaN; nothing is added then
     */
    public void record(double attn, double mlp, double bits) {
        Axis.ATTN.check(attn);
        Axis.MLP.check(mlp);
        Axis.BITS.check(bits);
        this.attn += attn;
        this.mlp += mlp;
        this.bits += bits;
        steps++;
    }

    public Budget target() {
        return target;
    }

    /** The number of effective steps so far. */
    public int steps() {
        return steps;
    }

    /** The means of the effective steps so far; empty before the first. */
    public Optional<Budget> realised() {
        return steps == 0
                ? Optional.empty()
                : Optional.of(new Budget(mean(Axis.ATTN), mean(Axis.MLP), mean(Axis.BITS)));
    }

    /** The mean of the effective steps so far; NaN before the first. */
    public double mean(Axis axis) {
        return sum(axis) / steps;
    }

    /** The mean minus the target; 0 before the first effective step. */
    public double deviation(Axis axis) {
        return steps == 0 ? 0 : mean(axis) - target.get(axis);
    }

    /** The sum over the effective steps of target minus realised: positive when there is something left to spend. */
    public double debt(Axis axis) {
        return steps * target.get(axis) - sum(axis);
    }

    /**
     * What the next {@code steps} effective steps must realise on average for the mean to meet the target; may lie outside
     * the axis' domain.
     */
    public double aim(Axis axis, int steps) {
        return target.get(axis) + debt(axis) / steps;
    }

    private double sum(Axis axis) {
        return switch (axis) {
            case ATTN -> attn;
            case MLP -> mlp;
            case BITS -> bits;
        };
    }
}
