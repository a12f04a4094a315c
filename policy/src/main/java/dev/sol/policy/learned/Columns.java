package dev.sol.policy.learned;

/**
 * Scratch memory in which the values of many sequences lie side by side, so that one weight goes to all of them and the inner loop is
 * long however narrow the network is. Each output is added up in the order of {@link Kernels}: the bits are those of a lone sequence.
 */
final class Columns {
    /** Inputs of a turn: with 128 sequences they fit the nearest cache. */
    static final int TURN = 64;

    /** Sequences below which rearranging them costs more than it saves. */
    private static final int FEWEST = 16;

    private final int size;
    private final float[][] x; // [TURN][sequences]
    private final float[][] y; // [out][sequences]

    /**
     * @param size the number of sequences
     * @param outputs of the widest layer
     */
    Columns(int size, int outputs) {
        this.size = size;
        boolean many = size >= FEWEST;
        this.x = new float[many ? TURN : 0][size];
        this.y = new float[many ? Math.min(outputs, size) : 0][size];
    }

    /**
     * Whether {@code count} sequences are better computed here: where that makes the inner loop longer than {@code outputs}. All
     * {@code size} are computed in any case.
     */
    boolean pays(int count, int outputs) {
        return count >= FEWEST && 2 * count > size && outputs < size;
    }

    /** Takes the outputs so far. */
    void load(int count, float[][] from, int outputs) {
        for (int s = 0; s < count; s++) {
            float[] row = from[s];
            for (int o = 0; o < outputs; o++) {
                y[o][s] = row[o];
            }
        }
    }

    /** Takes inputs of sequence {@code s}. */
    void put(int s, float[] from, int offset, int n) {
        for (int i = 0; i < n; i++) {
            x[i][s] = from[offset + i];
        }
    }

    /** Outputs += the inputs' share, by the rows [outputs, in] of a matrix. */
    void add(float[] rows, int in, int first, int n, int outputs) {
        for (int o = 0; o < outputs; o++) {
            Kernels.accumulate(x, 0, n, rows, o * in + first, y[o]);
        }
    }

    void store(int count, float[][] to, int outputs) {
        for (int s = 0; s < count; s++) {
            float[] row = to[s];
            for (int o = 0; o < outputs; o++) {
                row[o] = y[o][s];
            }
        }
    }
}
