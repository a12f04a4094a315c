package dev.sol.policy.learned;

import java.util.Arrays;

/**
 * Numbers in slots, of which the lowest is asked for again and again. Blocks remember theirs, so that neither a question nor a
 * change looks at all of them. For one thread.
 */
final class Lowest {
    private static final int BLOCK = 16;

    private final double[] values; // +∞ where none was set
    private final int[] ofBlock; // the slot of each block's lowest

    Lowest(int slots) {
        this.values = new double[slots];
        Arrays.fill(values, Double.POSITIVE_INFINITY);
        this.ofBlock = new int[Math.ceilDiv(slots, BLOCK)];
        Arrays.setAll(ofBlock, block -> block * BLOCK);
    }

    void set(int slot, double value) {
        values[slot] = value;
        int block = slot / BLOCK;
        int best = ofBlock[block];
        if (best == slot) {
            ofBlock[block] = lowestOf(block);
        } else if (value < values[best] || (value == values[best] && slot < best)) {
            ofBlock[block] = slot;
        }
    }

    private int lowestOf(int block) {
        int lowest = block * BLOCK;
        int end = Math.min(lowest + BLOCK, values.length);
        for (int i = lowest + 1; i < end; i++) {
            if (values[i] < values[lowest]) {
                lowest = i;
            }
        }
        return lowest;
    }

    double get(int slot) {
        return values[slot];
    }

    /** The slot of the lowest number, the first of several. */
    int slot() {
        int lowest = ofBlock[0];
        for (int block = 1; block < ofBlock.length; block++) {
            if (values[ofBlock[block]] < values[lowest]) {
                lowest = ofBlock[block];
            }
        }
        return lowest;
    }
}
