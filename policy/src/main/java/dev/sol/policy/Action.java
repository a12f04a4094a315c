package dev.sol.policy;

/**
 * What one token may spend.
 *
 * @param attnKeep κ in (0, 1]: share of the visible KV positions that are attended
 * @param mlpKeep ρ in (0, 1]: share of the MLP units that are kept
 * @param actBits b in 4…16: bits of the activations; 16 is off
 */
public record Action(double attnKeep, double mlpKeep, int actBits) {
    /** Spares nothing. */
    public static final Action DENSE = new Action(1, 1, 16);

    /** @throws IllegalArgumentException if a value is out of range or NaN */
    public Action {
        Axis.ATTN.check(attnKeep);
        Axis.MLP.check(mlpKeep);
        Axis.BITS.check(actBits);
    }

    /** The value of one axis, in its unit. */
    public double get(Axis axis) {
        return switch (axis) {
            case ATTN -> attnKeep;
            case MLP -> mlpKeep;
            case BITS -> actBits;
        };
    }

    public boolean isDense() {
        return equals(DENSE);
    }
}
