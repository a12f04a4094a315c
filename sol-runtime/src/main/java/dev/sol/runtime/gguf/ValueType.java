package dev.sol.runtime.gguf;

import java.util.Arrays;
import java.util.Optional;

/** The types of metadata ({@code enum gguf_type}). */
public enum ValueType {
    UINT8(0, 1),
    INT8(1, 1),
    UINT16(2, 2),
    INT16(3, 2),
    UINT32(4, 4),
    INT32(5, 4),
    FLOAT32(6, 4),
    BOOL(7, 1),
    STRING(8, 0),
    ARRAY(9, 0),
    UINT64(10, 8),
    INT64(11, 8),
    FLOAT64(12, 8);

    private final int id;
    private final int bytes;

    ValueType(int id, int bytes) {
        this.id = id;
        this.bytes = bytes;
    }

    /** The number in files. */
    public int id() {
        return id;
    }

    /** Bytes of a value; 0 if they differ. */
    int bytes() {
        return bytes;
    }

    /** The type with a number. */
    static Optional<ValueType> of(int id) {
        return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
    }
}
