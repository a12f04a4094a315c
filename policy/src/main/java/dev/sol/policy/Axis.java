package dev.sol.policy;

/**
 * One of the three knobs that set what a token costs. {@link #ATTN} and {@link #MLP} are shares in (0, 1], {@link #BITS}
 * is in bits, 4 to 16.
 */
public enum Axis {
    /** κ: share of the visible KV positions that are attended. */
    ATTN("attn", 1),
    /** ρ: share of the MLP units that are kept. */
    MLP("mlp", 1),
    /** b: bits of the activations; 16 is off. */
    BITS("bits", 16);

    private final String key;
    private final double dense;

    Axis(String key, double dense) {
        this.key = key;
        this.dense = dense;
    }

    /** The axis' name in requests, responses and messages: {@code attn}, {@code mlp}, {@code bits}. */
    public String key() {
        return key;
    }

    /** The value that spares nothing: 1, 1, 16. */
    public double dense() {
        return dense;
    }

    /** {@code value} as a share of the dense one, comparable between axes. */
    public double share(double value) {
        return value / dense;
    }

    /** The value whose {@link #share} is {@code share}. */
    public double ofShare(double share) {
        return share * dense;
    }

    /** Whether {@code value} is in the axis' domain; NaN is not. */
    public boolean admits(double value) {
        return value <= dense && (this == BITS ? value >= 4 : value > 0);
    }

    /** Returns {@code value}, or throws an {@link IllegalArgumentException} that names the axis. */
    double check(double value) {
        if (!admits(value)) {
            throw new IllegalArgumentException(
                    key + " must be in " + (this == BITS ? "4…16" : "(0, 1]") + ", but is " + value);
        }
        return value;
    }
}
