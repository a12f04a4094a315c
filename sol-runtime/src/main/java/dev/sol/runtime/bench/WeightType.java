package dev.sol.runtime.bench;

import dev.sol.runtime.RequestException;
import dev.sol.runtime.gguf.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Types of weights, and random blocks of them: random bytes with scales so small that the weights have a standard deviation of about
 * .02 and a mean of 0, as those of a model that was not trained. Layouts are those of ggml ({@code ggml-common.h}).
 */
enum WeightType {
    F16(TensorType.F16, 1) {
        @Override
        void block(ByteBuffer out, RandomGenerator random) {
            out.putShort(Float.floatToFloat16((float) (DEVIATION * random.nextGaussian())));
        }
    },
    BF16(TensorType.BF16, 32) {
        @Override
        void block(ByteBuffer out, RandomGenerator random) {
            out.putShort((short) (Float.floatToRawIntBits((float) (DEVIATION * random.nextGaussian())) >>> 16));
        }
    },
    /** A scale, 32 bytes. */
    Q8_0(TensorType.Q8_0, 7) {
        @Override
        void block(ByteBuffer out, RandomGenerator random) {
            scale(out, DEVIATION / 74);
            bytes(out, 32, random);
        }
    },
    /** A scale, 32 times 4 bits. */
    Q4_0(TensorType.Q4_0, 2) {
        @Override
        void block(ByteBuffer out, RandomGenerator random) {
            scale(out, DEVIATION / 4.6);
            bytes(out, 16, random);
        }
    },
    /** Scales of the scales and of the minima, 8 of each in 6 bits, 256 times 4 bits. */
    Q4_K(TensorType.Q4_K, 14) {
        @Override
        void block(ByteBuffer out, RandomGenerator random) {
            double scale = DEVIATION / 256; // random scales and minima vary more than the 4 bits do
            scale(out, scale);
            scale(out, 7.5 * scale); // the mean of 4 bits: the minima take it away again
            bytes(out, 12 + 128, random);
        }
    },
    /** 256 times 6 bits, 16 scales in bytes, their scale. */
    Q6_K(TensorType.Q6_K, 18) {
        @Override
        void block(ByteBuffer out, RandomGenerator random) {
            bytes(out, 192, random);
            for (int i = 0; i < 16; i++) {
                out.put((byte) random.nextInt(-16, 16));
            }
            scale(out, DEVIATION / (9.2 * 18.5));
        }
    };

    private static final double DEVIATION = .02;

    private final TensorType type;
    private final int fileType;

    WeightType(TensorType type, int fileType) {
        this.type = type;
        this.fileType = fileType;
    }

    /** Writes a random block at the buffer's position. */
    abstract void block(ByteBuffer out, RandomGenerator random);

    /** How a matrix of it is stored. */
    TensorType type() {
        return type;
    }

    /** {@code enum llama_ftype}, of a file with most weights of this type. */
    int fileType() {
        return fileType;
    }

    /** What llama-quantize gives the matrix that makes the logits. */
    WeightType ofOutput() {
        return this == Q4_0 || this == Q4_K ? Q6_K : this;
    }

    /** So many random blocks, the same for the same state of the generator. */
    byte[] blocks(int count, RandomGenerator random) {
        ByteBuffer out = ByteBuffer.allocate(count * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
        while (out.hasRemaining()) {
            block(out, random);
        }
        return out.array();
    }

    private static void scale(ByteBuffer out, double value) {
        out.putShort(Float.floatToFloat16((float) value));
    }

    private static void bytes(ByteBuffer out, int n, RandomGenerator random) {
        byte[] bytes = new byte[n];
        random.nextBytes(bytes);
        out.put(bytes);
    }

    /** @throws RequestException if no model can be made of it */
    static WeightType of(String name) {
        return Arrays.stream(values())
                .filter(type -> type.id().equals(name))
                .findFirst()
                .orElseThrow(() -> RequestException.invalid(
                        "type",
                        "--type has no '%s'; there are: %s"
                                .formatted(
                                        name,
                                        Arrays.stream(values())
                                                .map(WeightType::id)
                                                .collect(Collectors.joining(", ")))));
    }

    /** The one that is stored so. */
    static WeightType stored(TensorType type) {
        return Arrays.stream(values())
                .filter(each -> each.type == type)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no random blocks of " + type));
    }

    /** The name that users write. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
