package dev.sol.bindings;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes GGUF files, version 3, with F32 tensors: as much of the format as {@link TinyModel} needs (ggml's docs/gguf.md). */
final class GgufWriter {
    private static final int ALIGNMENT = 32;

    private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private long metadataCount;
    private long tensorCount;

    GgufWriter put(String key, String value) {
        key(key, 8);
        string(metadata, value);
        return this;
    }

    GgufWriter put(String key, int value) {
        key(key, 4);
        int32(metadata, value);
        return this;
    }

    GgufWriter put(String key, float value) {
        key(key, 6);
        int32(metadata, Float.floatToRawIntBits(value));
        return this;
    }

    GgufWriter put(String key, boolean value) {
        key(key, 7);
        metadata.write(value ? 1 : 0);
        return this;
    }

    GgufWriter putStrings(String key, List<String> values) {
        array(key, 8, values.size());
        values.forEach(value -> string(metadata, value));
        return this;
    }

    GgufWriter putInts(String key, List<Integer> values) {
        array(key, 5, values.size());
        values.forEach(value -> int32(metadata, value));
        return this;
    }

    /** A tensor in ggml's order of dimensions: the first one is contiguous. */
    GgufWriter tensor(String name, float[] values, long... dimensions) {
        tensorCount++;
        string(tensors, name);
        int32(tensors, dimensions.length);
        for (long dimension : dimensions) {
            int64(tensors, dimension);
        }
        int32(tensors, 0); // GGML_TYPE_F32
        int64(tensors, data.size());
        for (float value : values) {
            int32(data, Float.floatToRawIntBits(value));
        }
        pad(data);
        return this;
    }

    void write(Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        int32(out, 3);
        int64(out, tensorCount);
        int64(out, metadataCount);
        metadata.writeTo(out);
        tensors.writeTo(out);
        pad(out);
        data.writeTo(out);
        Files.write(file, out.toByteArray());
    }

    private void key(String key, int type) {
        metadataCount++;
        string(metadata, key);
        int32(metadata, type);
    }

    private void array(String key, int elementType, int length) {
        key(key, 9);
        int32(metadata, elementType);
        int64(metadata, length);
    }

    private static void string(ByteArrayOutputStream out, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        int64(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void int32(ByteArrayOutputStream out, int value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    private static void int64(ByteArrayOutputStream out, long value) {
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % ALIGNMENT != 0) {
            out.write(0);
        }
    }
}
