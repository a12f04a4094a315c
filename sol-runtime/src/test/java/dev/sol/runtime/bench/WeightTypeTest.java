package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The weights that random blocks stand for, by ggml's definitions of the types ({@code dequantize_row_*} in ggml-quants.c). */
class WeightTypeTest {
    private static final int BLOCKS = 2048;

    private static RandomGenerator random() {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    }

    @ParameterizedTest
    @EnumSource(WeightType.class)
    void areLikeThoseOfAModelThatWasNotTrained(WeightType type) {
        int blocks = BLOCKS * 256 / type.type().blockElements();
        List<Double> weights = weights(type, type.blocks(blocks, random()), blocks);
        assertThat(weights).hasSize(BLOCKS * 256);
        double mean = weights.stream().mapToDouble(w -> w).average().orElseThrow();
        double square = weights.stream().mapToDouble(w -> w * w).average().orElseThrow();
        assertThat(mean).isEqualTo(0, within(.004));
        assertThat(Math.sqrt(square - mean * mean)).isBetween(.012, .03);
        assertThat(weights.stream().mapToDouble(Math::abs).max().orElseThrow()).isLessThan(.2);
    }

    @Test
    void areTheSameForTheSameSeed() {
        assertThat(WeightType.Q6_K.blocks(10, random())).isEqualTo(WeightType.Q6_K.blocks(10, random()));
    }

    private static List<Double> weights(WeightType type, byte[] bytes, int blocks) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<Double> out = new ArrayList<>();
        for (int i = 0; i < blocks; i++) {
            switch (type) {
                case F16 -> out.add(half(in));
                case BF16 -> out.add((double) Float.intBitsToFloat(in.getShort() << 16));
                case Q8_0 -> {
                    double d = half(in);
                    for (int k = 0; k < 32; k++) {
                        out.add(d * in.get());
                    }
                }
                case Q4_0 -> {
                    double d = half(in);
                    for (int k = 0; k < 16; k++) {
                        int q = in.get();
                        out.add(d * ((q & 15) - 8));
                        out.add(d * ((q >> 4 & 15) - 8));
                    }
                }
                case Q4_K -> q4k(in, out);
                case Q6_K -> q6k(in, out);
            }
        }
        assertThat(in.hasRemaining()).isFalse();
        return out;
    }

    private static double half(ByteBuffer in) {
        return Float.float16ToFloat(in.getShort());
    }

    private static void q4k(ByteBuffer in, List<Double> out) {
        double d = half(in);
        double least = half(in);
        byte[] scales = new byte[12];
        byte[] q = new byte[128];
        in.get(scales).get(q);
        for (int j = 0; j < 8; j++) {
            int scale = j < 4 ? scales[j] & 63 : (scales[j + 4] & 15) | (scales[j - 4] >> 6 & 3) << 4;
            int min = j < 4 ? scales[j + 4] & 63 : (scales[j + 4] >> 4 & 15) | (scales[j] >> 6 & 3) << 4;
            for (int k = 0; k < 32; k++) {
                int two = q[j / 2 * 32 + k];
                out.add(d * scale * (j % 2 == 0 ? two & 15 : two >> 4 & 15) - least * min);
            }
        }
    }

    private static void q6k(ByteBuffer in, List<Double> out) {
        byte[] low = new byte[128];
        byte[] high = new byte[64];
        byte[] scales = new byte[16];
        in.get(low).get(high).get(scales);
        double d = half(in);
        for (int n = 0; n < 2; n++) {
            for (int k = 0; k < 32; k++) {
                int h = high[32 * n + k];
                int[] q = {
                    (low[64 * n + k] & 15) | (h & 3) << 4,
                    (low[64 * n + k + 32] & 15) | (h >> 2 & 3) << 4,
                    (low[64 * n + k] >> 4 & 15) | (h >> 4 & 3) << 4,
                    (low[64 * n + k + 32] >> 4 & 15) | (h >> 6 & 3) << 4
                };
                for (int m = 0; m < 4; m++) {
                    out.add(d * scales[8 * n + k / 16 + 2 * m] * (q[m] - 32));
                }
            }
        }
    }
}
