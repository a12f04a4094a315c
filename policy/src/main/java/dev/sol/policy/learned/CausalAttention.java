package dev.sol.policy.learned;

import java.util.Arrays;

/**
 * Attention of the newest step over the steps of its episode: the cache of one sequence. Keys lie [d][T], so that scores are
 * added up over dimensions for all steps at a time. For one thread.
 */
final class CausalAttention {
    private final int width;
    private final int size; // of a head
    private final float scale;
    private final float[][] keys; // [d][T]
    private final float[][][] values; // [H][T][d/H]
    private final float[] scores; // [T]
    private final float[] mixed; // [d/H]

    CausalAttention(PolicySpec spec) {
        this.width = spec.width();
        this.size = width / spec.heads();
        this.scale = (float) (1 / Math.sqrt(size));
        this.keys = new float[width][spec.horizon()];
        this.values = new float[spec.heads()][spec.horizon()][size];
        this.scores = new float[spec.horizon()];
        this.mixed = new float[size];
    }

    /**
     * Stores the key and the value of step {@code position} and attends from it.
     *
     * @param qkv [3d]: query, key, value, each a head after the other
     * @param y gets [d]
     */
    void step(int position, float[] qkv, float[] y) {
        for (int i = 0; i < width; i++) {
            keys[i][position] = qkv[width + i];
        }
        for (int head = 0; head < values.length; head++) {
            int first = head * size;
            System.arraycopy(qkv, 2 * width + first, values[head][position], 0, size);
            // For all T steps: those beyond the position are not read.
            Arrays.fill(scores, 0);
            Kernels.accumulate(keys, first, size, qkv, first, scores);
            softmax(position + 1);
            Arrays.fill(mixed, 0);
            Kernels.accumulate(values[head], 0, position + 1, scores, 0, mixed);
            System.arraycopy(mixed, 0, y, first, size);
        }
    }

    private void softmax(int count) {
        float max = scores[0];
        for (int t = 1; t < count; t++) {
            max = Math.max(max, scores[t]);
        }
        float sum = 0;
        for (int t = 0; t < count; t++) {
            scores[t] = (float) Math.exp((scores[t] - max) * scale);
            sum += scores[t];
        }
        for (int t = 0; t < count; t++) {
            scores[t] /= sum;
        }
    }
}
