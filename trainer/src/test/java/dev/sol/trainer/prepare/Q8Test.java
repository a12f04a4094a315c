package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Q8Test {
    /** What ggml_quantize_chunk of the pinned llama.cpp makes of {@link #values}. */
    private static final String REFERENCE = "c8297f899166a2aa4ebac335d3db1decf404040cec1d25d3353dba4e56a2666f897f"
            + "00000000000000000000000000000000000000000000000000000000000000000000"
            + "003cf6f7f8f9fa81fcfdfeff0102030405060708090a0b0c0d0e0f10111213141516";

    /** Values, zeros, and halves that are to be rounded. */
    private static float[] values() {
        float[] values = new float[96];
        for (int i = 0; i < 32; i++) {
            values[i] = (i - 15.5f) * 0.37f * (i % 3 == 0 ? -1 : 1);
            values[64 + i] = i == 5 ? -127 : i - 10 + 0.5f;
        }
        return values;
    }

    @Test
    void asGgmlDoes() {
        assertThat(HexFormat.of().formatHex(Q8.quantise(values()))).isEqualTo(REFERENCE);
    }

    @Test
    void restored() {
        Random random = new Random(1);
        float[] values = new float[256];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        float[] restored = Q8.restore(Q8.quantise(values));
        for (int i = 0; i < values.length; i++) {
            assertThat(restored[i]).isCloseTo(values[i], within(4f / 127));
        }
        assertThat(restored).isNotEqualTo(values);
    }
}
