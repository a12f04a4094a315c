package dev.sol.trainer.prepare;

import dev.sol.runtime.gguf.GgufTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Rows of a tensor that is not quantised, as floats. */
final class Rows {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GgufTensor tensor;
    private final MemorySegment data;

    /** @param tensor F32, F16 or BF16 */
    Rows(GgufTensor tensor, MemorySegment data) {
        this.tensor = tensor;
        this.data = data;
    }

    /** @param out as many doubles as the row has elements, from {@code offset} */
    void read(long row, double[] out, int offset) {
        int n = Math.toIntExact(tensor.rowElements());
        long start = row * tensor.rowBytes();
        for (int i = 0; i < n; i++) {
            out[offset + i] = switch (tensor.type()) {
                case F32 -> data.get(FLOAT, start + 4L * i);
                case F16 -> Float.float16ToFloat(data.get(SHORT, start + 2L * i));
                case BF16 -> Float.intBitsToFloat(data.get(SHORT, start + 2L * i) << 16);
                default -> throw new IllegalArgumentException(tensor.name() + " is quantised: " + tensor.type());
            };
        }
    }
}
