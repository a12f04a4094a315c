package dev.sol.runtime.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A value of metadata. It is kept as the bytes that stand in the file, so that a copy is exact: strings, for one, need not be
 * UTF-8. Immutable.
 */
public final class GgufValue {
    private final ValueType type;
    private final ValueType elementType; // the type itself unless an array
    private final int length;
    private final byte[] content;

    /** @param content without the types, and without the length of an array; not copied */
    GgufValue(ValueType type, ValueType elementType, int length, byte[] content) {
        this.type = type;
        this.elementType = elementType;
        this.length = length;
        this.content = content;
    }

    /** An unsigned integer of 32 bits: what counts and ids mostly are. */
    public static GgufValue uint32(int value) {
        return scalar(ValueType.UINT32, buffer(4).putInt(value));
    }

    /** A signed integer of 32 bits. */
    public static GgufValue int32(int value) {
        return scalar(ValueType.INT32, buffer(4).putInt(value));
    }

    /** An unsigned integer of 64 bits. */
    public static GgufValue uint64(long value) {
        return scalar(ValueType.UINT64, buffer(8).putLong(value));
    }

    /** A float. */
    public static GgufValue float32(float value) {
        return scalar(ValueType.FLOAT32, buffer(4).putInt(Float.floatToRawIntBits(value)));
    }

    /** A truth value. */
    public static GgufValue bool(boolean value) {
        return scalar(ValueType.BOOL, buffer(1).put((byte) (value ? 1 : 0)));
    }

    /** A text. */
    public static GgufValue string(String value) {
        return scalar(ValueType.STRING, text(List.of(value)));
    }

    /** An array of texts. */
    public static GgufValue strings(List<String> values) {
        return array(ValueType.STRING, values.size(), text(values));
    }

    /** An array of signed integers of 32 bits. */
    public static GgufValue int32s(int... values) {
        ByteBuffer content = buffer(4 * values.length);
        Arrays.stream(values).forEach(content::putInt);
        return array(ValueType.INT32, values.length, content);
    }

    /** An array of floats. */
    public static GgufValue float32s(float... values) {
        ByteBuffer content = buffer(4 * values.length);
        for (float value : values) {
            content.putInt(Float.floatToRawIntBits(value));
        }
        return array(ValueType.FLOAT32, values.length, content);
    }

    private static GgufValue scalar(ValueType type, ByteBuffer content) {
        return new GgufValue(type, type, 1, bytes(content));
    }

    private static GgufValue array(ValueType elementType, int length, ByteBuffer content) {
        return new GgufValue(ValueType.ARRAY, elementType, length, bytes(content));
    }

    private static ByteBuffer text(List<String> values) {
        List<byte[]> encoded = values.stream()
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .toList();
        ByteBuffer content =
                buffer(encoded.stream().mapToInt(bytes -> 8 + bytes.length).sum());
        encoded.forEach(bytes -> content.putLong(bytes.length).put(bytes));
        return content;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteBuffer written) {
        byte[] bytes = new byte[written.flip().remaining()];
        written.get(bytes);
        return bytes;
    }

    /** {@link ValueType#ARRAY} or what else it is. */
    public ValueType type() {
        return type;
    }

    /** The type of an array's elements; of another value its own. */
    public ValueType elementType() {
        return elementType;
    }

    /** The number of an array's elements; of another value 1. */
    public int length() {
        return length;
    }

    /**
     * An integer of any width.
     *
     * @throws IllegalStateException if it is something else, or too large for a long
     */
    public long asLong() {
        require(type != ValueType.ARRAY, "an integer");
        return asLongs()[0];
    }

    /**
     * An array of integers of any width, or one of them.
     *
     * @throws IllegalStateException if it is something else, or one is too large for a long
     */
    public long[] asLongs() {
        long[] values = new long[length];
        ByteBuffer in = read();
        for (int i = 0; i < length; i++) {
            values[i] = switch (elementType) {
                case UINT8 -> Byte.toUnsignedLong(in.get());
                case INT8 -> in.get();
                case UINT16 -> Short.toUnsignedLong(in.getShort());
                case INT16 -> in.getShort();
                case UINT32 -> Integer.toUnsignedLong(in.getInt());
                case INT32 -> in.getInt();
                case UINT64 -> unsigned(in.getLong());
                case INT64 -> in.getLong();
                default -> throw new IllegalStateException(this + " is not an integer");
            };
        }
        return values;
    }

    private long unsigned(long value) {
        require(value >= 0, "an integer that fits a long");
        return value;
    }

    /**
     * A number with a fraction.
     *
     * @throws IllegalStateException if it is something else
     */
    public double asDouble() {
        return switch (type) {
            case FLOAT32 -> read().getFloat();
            case FLOAT64 -> read().getDouble();
            default -> throw new IllegalStateException(this + " is not a number with a fraction");
        };
    }

    /**
     * A truth value; any byte but 0 is true.
     *
     * @throws IllegalStateException if it is something else
     */
    public boolean asBoolean() {
        require(type == ValueType.BOOL, "a truth value");
        return content[0] != 0;
    }

    /**
     * A text. What is not UTF-8 becomes U+FFFD.
     *
     * @throws IllegalStateException if it is something else
     */
    public String asString() {
        require(type == ValueType.STRING, "a text");
        return asStrings().getFirst();
    }

    /**
     * An array of texts, or one of them. What is not UTF-8 becomes U+FFFD.
     *
     * @throws IllegalStateException if it is something else
     */
    public List<String> asStrings() {
        require(elementType == ValueType.STRING, "a text");
        List<String> values = new ArrayList<>(length);
        ByteBuffer in = read();
        for (int i = 0; i < length; i++) {
            byte[] bytes = new byte[(int) in.getLong()];
            in.get(bytes);
            values.add(new String(bytes, StandardCharsets.UTF_8));
        }
        return List.copyOf(values);
    }

    private void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException(this + " is not " + what);
        }
    }

    private ByteBuffer read() {
        return ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** As it stands in the file, after the types and the length of an array; to be read only. */
    public ByteBuffer content() {
        return ByteBuffer.wrap(content).asReadOnlyBuffer();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GgufValue value
                && type == value.type
                && elementType == value.elementType
                && length == value.length
                && Arrays.equals(content, value.content);
    }

    @Override
    public int hashCode() {
        return 31 * elementType.hashCode() + Arrays.hashCode(content);
    }

    @Override
    public String toString() {
        return type == ValueType.ARRAY ? "%s[%d]".formatted(elementType, length) : "%s value".formatted(type);
    }
}
