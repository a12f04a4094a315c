package dev.sol.trainer.prepare;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * ggml's Q8_0 ({@code quantize_row_q8_0_ref} in {@code ggml-quants.c}): a block is a scale, F16, the largest magnitude ÷ 127, and 32
 * signed bytes.
 */
final class Q8 {
    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 2 + BLOCK;

    private Q8() {}

    /**
     * Quantises a row.
     *
     * @param values a multiple of {@value #BLOCK}
     */
    static byte[] quantise(float[] values) {
        ByteBuffer out =
                ByteBuffer.allocate(values.length / BLOCK * BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int start = 0; start < values.length; start += BLOCK) {
            float largest = 0;
            for (int i = 0; i < BLOCK; i++) {
                largest = Math.max(largest, Math.abs(values[start + i]));
            }
            float scale = largest / 127;
            float inverse = scale == 0 ? 0 : 1 / scale;
            out.putShort(Float.floatToFloat16(scale));
            for (int i = 0; i < BLOCK; i++) {
                out.put((byte) roundAwayFromZero(values[start + i] * inverse));
            }
        }
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    /** As C's roundf; Math.round takes halves up. */
    private static int roundAwayFromZero(float x) {
        return x < 0 ? -(int) (-x + .5f) : (int) (x + .5f);
    }

    /** What the blocks stand for. */
    static float[] restore(byte[] blocks) {
        ByteBuffer in = ByteBuffer.wrap(blocks).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[blocks.length / BLOCK_BYTES * BLOCK];
        for (int start = 0; start < values.length; start += BLOCK) {
            float scale = Float.float16ToFloat(in.getShort());
            for (int i = 0; i < BLOCK; i++) {
                values[start + i] = scale * in.get();
            }
        }
        return values;
    }
}
