package dev.sol.policy.learned;

import java.util.Arrays;

/**
 * Attention of each sequence's newest step over the steps of its episode, kept in a cache. Keys lie [d][T], so that scores are added
 * up over dimensions for all steps at a time.
 */
final class CausalAttention {
    private final int width;
    private final int heads;
    private final int horizon;
    private final float scale;

    CausalAttention(PolicySpec spec) {
        this.width = spec.width();
        this.heads = spec.heads();
        this.horizon = spec.horizon();
        this.scale = (float) (1 / Math.sqrt((double) width / heads));
    }

    /** The length of a sequence's cached keys, and of its values. */
    int cacheLength() {
        return Math.multiplyExact(width, horizon);
    }

    /**
     * Stores the key and the value of step {@code position} and attends from it.
     *
     * @param qkv [3d] from {@code qkv0} on: query, key, value, each a head after the other
     * @param scores [T], scratch
     * @param y gets [d] from {@code y0} on
     */
    void step(float[] qkv, int qkv0, int position, float[] keys, float[] values, float[] scores, float[] y, int y0) {
        for (int i = 0; i < width; i++) {
            keys[i * horizon + position] = qkv[qkv0 + width + i];
        }
        System.arraycopy(qkv, qkv0 + 2 * width, values, position * width, width);
        int size = width / heads;
        for (int head = 0; head < heads; head++) {
            int first = head * size;
            Arrays.fill(scores, 0);
            // All T columns: those beyond the position are never read, and a fixed length is what vectorises.
            Kernels.accumulate(keys, first * horizon, size, horizon, qkv, qkv0 + first, scores, 0);
            softmax(scores, position + 1);
            Arrays.fill(y, y0 + first, y0 + first + size, 0);
            for (int t = 0; t <= position; t++) {
                Kernels.axpy(values, t * width + first, size, scores[t], y, y0 + first);
            }
        }
    }

    private void softmax(float[] scores, int count) {
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
