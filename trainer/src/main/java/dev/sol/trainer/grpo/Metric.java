package dev.sol.trainer.grpo;

import dev.sol.policy.Axis;
import java.util.Locale;

/** What is known of an update. */
public enum Metric {
    /** Wall time at its end, seconds since 1970: the only one that differs between equal runs. */
    TIME,
    /** What the update made smaller, at its first pass. */
    LOSS,
    /** Mean over the effective steps, in nats. */
    REWARD,
    /** Mean over the schedules of the penalty for missed targets, in nats. */
    PENALTY,
    /** Mean over the effective steps, in nats; summed over the axes where each has a head. */
    ENTROPY,
    /** Mean over the effective steps: what was used of κ. */
    ATTN,
    /** What was used of ρ. */
    MLP,
    /** What was used of the bits, in bits. */
    BITS,
    /** Mean of what was to be used of κ. */
    ATTN_AIM,
    /** What was to be used of ρ. */
    MLP_AIM,
    /** What was to be used of the bits, in bits. */
    BITS_AIM,
    /** Mean over the schedules of |mean − aim|, averaged over the axes as shares. */
    MISS,
    /** Norm of the gradient before it was clipped, at the first pass. */
    GRADIENT,
    /** Share of the steps that the clip took the gradient from, at the last pass. */
    CLIPPED,
    /** How far the policy had moved at the last pass from the one that drew the actions, in nats. */
    DIVERGENCE,
    /** {@link Validation#difference} of the policy after the update, in nats per token; NaN where it was not measured. */
    VALIDATION;

    static Metric used(Axis axis) {
        return switch (axis) {
            case ATTN -> ATTN;
            case MLP -> MLP;
            case BITS -> BITS;
        };
    }

    static Metric aim(Axis axis) {
        return switch (axis) {
            case ATTN -> ATTN_AIM;
            case MLP -> MLP_AIM;
            case BITS -> BITS_AIM;
        };
    }

    /** The metric's name in files. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
