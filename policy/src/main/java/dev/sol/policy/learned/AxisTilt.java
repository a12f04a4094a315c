package dev.sol.policy.learned;

/**
 * Finds the tilt λ of one axis with which a window of tokens keeps an aim: each token takes the value g with the highest logit(g) +
 * λ·g, and the mean of what they take is the aim. It rises with λ in jumps, at the edges where a token moves from one corner of
 * the upper hull of its logits to the next. Between two calls few tokens move, so the tokens' places are kept, and moved edge by
 * edge. For one thread.
 */
final class AxisTilt {
    private final double[] grid;
    private final double[][] corner; // [slot][k]: value
    private final double[][] edge; // [slot][k]: tilt at which corner k takes over; −∞ for the first, +∞ behind the last
    private final int[] at; // [slot]: the corner taken
    private final double[] value; // [slot]: of that corner
    private final Lowest to; // [slot]: the next corner's edge
    private final Lowest from; // [slot]: minus its edge
    private final double[] weight; // [slot]
    private double total; // Σ weight
    private double taken; // Σ weight·value; a million changes put it off by less than a thousandth of balance's slack
    private double tilt;

    /**
     * @param grid the axis' values, ascending
     * @param slots the most tokens
     */
    AxisTilt(double[] grid, int slots) {
        this.grid = grid;
        this.corner = new double[slots][grid.length];
        this.edge = new double[slots][grid.length + 1];
        this.at = new int[slots];
        this.value = new double[slots];
        this.to = new Lowest(slots);
        this.from = new Lowest(slots);
        this.weight = new double[slots];
    }

    /** The tilt that {@link #balance} found. */
    double tilt() {
        return tilt;
    }

    /**
     * Puts a token into a slot, a new one or one in use.
     *
     * @param slot below the most tokens
     * @param tokens as how many it counts
     * @param logits of the axis' values; finite
     */
    void put(int slot, double tokens, double[] logits) {
        total += tokens - weight[slot];
        taken += (tokens - weight[slot]) * value[slot];
        weight[slot] = tokens;
        double[] corners = corner[slot];
        double[] edges = edge[slot];
        int count = 0;
        // Points on a line between corners count as corners: tokens without a preference shall take neighbouring
        // values.
        for (int i = 0; i < grid.length; i++) {
            double newest = Double.NEGATIVE_INFINITY;
            while (count > 0) {
                int last = indexOf(corners[count - 1], i);
                newest = (logits[last] - logits[i]) / (grid[i] - grid[last]);
                if (newest >= edges[count - 1]) {
                    break;
                }
                count--;
            }
            corners[count] = grid[i];
            edges[count] = count == 0 ? Double.NEGATIVE_INFINITY : newest;
            count++;
        }
        edges[count] = Double.POSITIVE_INFINITY;
        int place = 0;
        while (edges[place + 1] < tilt) {
            place++;
        }
        move(slot, place);
    }

    /** The index below {@code end} of a grid value. */
    private int indexOf(double gridValue, int end) {
        int i = end - 1;
        while (grid[i] != gridValue) {
            i--;
        }
        return i;
    }

    private void move(int slot, int place) {
        double after = corner[slot][place];
        taken += weight[slot] * (after - value[slot]);
        at[slot] = place;
        value[slot] = after;
        from.set(slot, -edge[slot][place]);
        to.set(slot, edge[slot][place + 1]);
    }

    /**
     * Sets the tilt so that the mean over the window is {@code aim}. Where it jumps over the aim, the tilt is the edge of the jump:
     * tokens with this edge are torn between the values beside it. Where it is met, no token is torn.
     *
     * @param aim within the grid
     */
    void balance(double aim) {
        double wanted = total * aim;
        double slack = 1e-9 * total * (1 + Math.abs(aim));
        while (taken - wanted < -slack) {
            int slot = to.slot();
            move(slot, at[slot] + 1);
        }
        int top = from.slot();
        while (at[top] > 0) {
            double less = weight[top] * (value[top] - corner[top][at[top] - 1]);
            if (taken - less - wanted < -slack) {
                break;
            }
            move(top, at[top] - 1);
            top = from.slot();
        }
        double edge = -from.get(top);
        tilt = taken - wanted > slack ? edge : middle(edge, to.get(to.slot()));
    }

    private static double middle(double low, double high) {
        if (low == Double.NEGATIVE_INFINITY) {
            return high == Double.POSITIVE_INFINITY ? 0 : high - 1;
        }
        return high == Double.POSITIVE_INFINITY ? low + 1 : low + (high - low) / 2;
    }
}
