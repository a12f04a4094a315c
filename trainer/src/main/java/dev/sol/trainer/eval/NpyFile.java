package dev.sol.trainer.eval;

import dev.sol.policy.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Arrays in NumPy's format, version 1.0, which {@code numpy.load} reads: one axis, little-endian {@code float32} or {@code int32}.
 *
 * <p>Source: <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>.
 */
final class NpyFile {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    private static final int ALIGNMENT = 64;
    private static final Pattern SHAPE = Pattern.compile("'shape': \\((\\d+),\\)");

    private NpyFile() {}

    static void write(Path file, float[] values) throws IOException {
        AtomicFile.write(file, content("<f4", values.length, bytes -> {
            for (float value : values) {
                bytes.putFloat(value);
            }
        }));
    }

    static void write(Path file, int[] values) throws IOException {
        AtomicFile.write(file, content("<i4", values.length, bytes -> {
            for (int value : values) {
                bytes.putInt(value);
            }
        }));
    }

    /** @throws IOException if it cannot be read, or is no such array; the message names the file */
    static float[] floats(Path file) throws IOException {
        ByteBuffer bytes = open(file, "<f4");
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    /** @throws IOException if it cannot be read, or is no such array; the message names the file */
    static int[] ints(Path file) throws IOException {
        ByteBuffer bytes = open(file, "<i4");
        int[] values = new int[bytes.remaining() / Integer.BYTES];
        bytes.asIntBuffer().get(values);
        return values;
    }

    private static byte[] content(String type, int length, Consumer<ByteBuffer> values) {
        String text = "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }".formatted(type, length);
        int before = MAGIC.length + Short.BYTES;
        int padded = Math.ceilDiv(before + text.length() + 1, ALIGNMENT) * ALIGNMENT;
        byte[] content = new byte[padded + length * Integer.BYTES];
        ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).putShort((short) (padded - before)).put(text.getBytes(StandardCharsets.US_ASCII));
        while (bytes.position() < padded - 1) {
            bytes.put((byte) ' ');
        }
        values.accept(bytes.put((byte) '\n'));
        return content;
    }

    /** At the values. */
    private static ByteBuffer open(Path file, String type) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        if (bytes.remaining() > MAGIC.length + Short.BYTES) {
            bytes.get(magic);
            byte[] header = new byte[Math.min(bytes.getShort() & 0xffff, bytes.remaining())];
            bytes.get(header);
            String text = new String(header, StandardCharsets.US_ASCII);
            Matcher shape = SHAPE.matcher(text);
            if (Arrays.equals(magic, MAGIC)
                    && text.contains("'" + type + "'")
                    && shape.find()
                    && bytes.remaining() == Integer.BYTES * Long.parseLong(shape.group(1))) {
                return bytes;
            }
        }
        throw new IOException(file + " is no array of " + type + " in NumPy's format");
    }
}
