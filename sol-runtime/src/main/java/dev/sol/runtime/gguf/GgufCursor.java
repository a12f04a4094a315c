package dev.sol.runtime.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a file's start field by field. What goes beyond the end is told by the field's name. */
final class GgufCursor {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final MemorySegment segment;
    private long position;

    GgufCursor(Path file, MemorySegment segment) {
        this.file = file;
        this.segment = segment;
    }

    long position() {
        return position;
    }

    int int32(String field) throws GgufException {
        return segment.get(INT, skip(4, field));
    }

    long int64(String field) throws GgufException {
        return segment.get(LONG, skip(8, field));
    }

    /** A number of things of at least {@code bytes} bytes each, which must be in what is left of the file. */
    long count(String field, int bytes) throws GgufException {
        long count = int64(field);
        if (count < 0 || count > left() / bytes) {
            throw wrong("is damaged or truncated: %s is %s, more than the file has room for"
                    .formatted(field, Long.toUnsignedString(count)));
        }
        return count;
    }

    byte[] bytes(long count, String field) throws GgufException {
        if (count > Integer.MAX_VALUE - 8) {
            throw wrong("is damaged: %s has %d bytes".formatted(field, count));
        }
        long start = skip(count, field);
        return segment.asSlice(start, count).toArray(ValueLayout.JAVA_BYTE);
    }

    /** A key or a tensor's name. */
    String string(String field) throws GgufException {
        byte[] bytes = bytes(count("the length of " + field, 1), field);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw wrong("is damaged: " + field + " is not UTF-8");
        }
    }

    /** Type and content. */
    GgufValue value(String field) throws GgufException {
        ValueType type = type(field);
        if (type != ValueType.ARRAY) {
            return new GgufValue(type, type, 1, content(type, 1, field));
        }
        ValueType elementType = type(field);
        if (elementType == ValueType.ARRAY) {
            throw wrong("has an array of arrays in " + field + ", which ggml does not know");
        }
        long length = count("the length of " + field, elementType == ValueType.STRING ? 8 : elementType.bytes());
        if (length > Integer.MAX_VALUE - 8) {
            throw wrong("is damaged: %s has %d elements".formatted(field, length));
        }
        return new GgufValue(type, elementType, (int) length, content(elementType, length, field));
    }

    private ValueType type(String field) throws GgufException {
        int id = int32("the type of " + field);
        return orWrong(ValueType.of(id), "has a value of unknown type %d in %s".formatted(id, field));
    }

    private byte[] content(ValueType type, long length, String field) throws GgufException {
        if (type != ValueType.STRING) {
            return bytes(length * type.bytes(), field);
        }
        long start = position;
        for (long i = 0; i < length; i++) {
            skip(count("the length of a text in " + field, 1), field);
        }
        long end = position;
        position = start;
        return bytes(end - start, field);
    }

    <T> T orWrong(Optional<T> value, String problem) throws GgufException {
        if (value.isEmpty()) {
            throw wrong(problem);
        }
        return value.get();
    }

    GgufException wrong(String problem) {
        return new GgufException(file, problem);
    }

    private long left() {
        return segment.byteSize() - position;
    }

    /** Where the skipped bytes were. */
    private long skip(long bytes, String field) throws GgufException {
        if (bytes > left()) {
            throw wrong("is truncated: it ends within " + field);
        }
        long start = position;
        position += bytes;
        return start;
    }
}
