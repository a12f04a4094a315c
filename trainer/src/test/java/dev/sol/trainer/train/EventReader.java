package dev.sol.trainer.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads event files by the formats' descriptions, with a CRC of its own: shares nothing with what writes them. */
final class EventReader {
    /** Of an Event message; scalars by their tags. */
    record Event(double time, long step, String version, Map<String, Float> scalars) {}

    private EventReader() {}

    static List<Event> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            requireSum(length, in.getInt());
            byte[] message = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            in.get(message);
            requireSum(message, in.getInt());
            events.add(event(ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return events;
    }

    private static void requireSum(byte[] bytes, int masked) throws IOException {
        // Unmasks: ((crc >> 15) | (crc << 17)) + 0xa282ead8.
        int rotated = masked - 0xa282ead8;
        int sum = (rotated >>> 17) | (rotated << 15);
        if (sum != crc32c(bytes)) {
            throw new IOException("wrong sum");
        }
    }

    /** Castagnoli's polynomial, bit by bit. */
    static int crc32c(byte[] bytes) {
        int crc = -1;
        for (byte b : bytes) {
            crc ^= b & 0xff;
            for (int i = 0; i < 8; i++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x82f63b78);
            }
        }
        return ~crc;
    }

    private static Event event(ByteBuffer in) throws IOException {
        double time = Double.NaN;
        long step = 0;
        String version = "";
        Map<String, Float> scalars = new LinkedHashMap<>();
        while (in.hasRemaining()) {
            switch ((int) varint(in)) {
                case 1 << 3 | 1 -> time = in.getDouble();
                case 2 << 3 -> step = varint(in);
                case 3 << 3 | 2 -> version = new String(bytes(in), StandardCharsets.UTF_8);
                case 5 << 3 | 2 -> summary(message(in), scalars);
                default -> throw new IOException("another field");
            }
        }
        return new Event(time, step, version, scalars);
    }

    private static void summary(ByteBuffer in, Map<String, Float> scalars) throws IOException {
        while (in.hasRemaining()) {
            if (varint(in) != (1 << 3 | 2)) {
                throw new IOException("another field of a summary");
            }
            ByteBuffer value = message(in);
            String tag = "";
            float scalar = Float.NaN;
            while (value.hasRemaining()) {
                switch ((int) varint(value)) {
                    case 1 << 3 | 2 -> tag = new String(bytes(value), StandardCharsets.UTF_8);
                    case 2 << 3 | 5 -> scalar = value.getFloat();
                    default -> throw new IOException("another field of a value");
                }
            }
            scalars.put(tag, scalar);
        }
    }

    private static ByteBuffer message(ByteBuffer in) {
        return ByteBuffer.wrap(bytes(in)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[(int) varint(in)];
        in.get(bytes);
        return bytes;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        int shift = 0;
        byte next;
        do {
            next = in.get();
            value |= (next & 0x7fL) << shift;
            shift += 7;
        } while (next < 0);
        return value;
    }
}
