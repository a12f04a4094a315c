package dev.sol.trainer.grpo;

import dev.sol.policy.Axis;

/**
 * A number for each axis, in no unit of the axis' own.
 *
 * @param attn κ's
 * @param mlp ρ's
 * @param bits b's
 */
public record PerAxis(double attn, double mlp, double bits) {
    /** The number of one axis. */
    public double get(Axis axis) {
        return switch (axis) {
            case ATTN -> attn;
            case MLP -> mlp;
            case BITS -> bits;
        };
    }
}
