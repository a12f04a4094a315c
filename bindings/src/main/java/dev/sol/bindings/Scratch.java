package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import dev.sol.bindings.gen.sol_layer_info;
import dev.sol.bindings.gen.sol_mlp_record;
import dev.sol.bindings.gen.sol_usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Off-heap memory for the out-parameters of short calls: one block per thread, so that a call allocates nothing.
 *
 * <p>Whoever calls a native function reads its results before the next call; nothing here outlives a method of this package.
 * The memory is freed by the collector after the thread.
 */
final class Scratch {
    private static final ThreadLocal<Scratch> CURRENT = ThreadLocal.withInitial(Scratch::new);
    private static final long SMALL = 256; // bytes of nearly every token

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment pointer = arena.allocate(SolNative.C_POINTER);
    private final MemorySegment count = arena.allocate(SolNative.C_INT);
    private final MemorySegment size = arena.allocate(SolNative.C_LONG_LONG);
    private final MemorySegment usage = sol_usage.allocate(arena);
    private final MemorySegment layerInfo = sol_layer_info.allocate(arena);
    private final MemorySegment mlpRecord = sol_mlp_record.allocate(arena);
    private MemorySegment buffer = arena.allocate(SMALL, Long.BYTES);

    private Scratch() {}

    static Scratch current() {
        return CURRENT.get();
    }

    /** A {@code T **}. */
    MemorySegment pointer() {
        return pointer;
    }

    /** What {@link #pointer()} points to: {@code n} floats that belong to somebody else. */
    MemorySegment floats(int n) {
        return pointer.get(SolNative.C_POINTER, 0).asSlice(0, n * ValueLayout.JAVA_FLOAT.byteSize());
    }

    /** An {@code int32_t *} (also for {@code llama_token} and {@code llama_pos}), set to 0. */
    MemorySegment count() {
        count.set(SolNative.C_INT, 0, 0);
        return count;
    }

    int countValue() {
        return count.get(SolNative.C_INT, 0);
    }

    /** A {@code struct sol_usage *}. */
    MemorySegment usage() {
        return usage;
    }

    /** A {@code struct sol_layer_info *}. */
    MemorySegment layerInfo() {
        return layerInfo;
    }

    /** A {@code struct sol_mlp_record *}. */
    MemorySegment mlpRecord() {
        return mlpRecord;
    }

    /** A {@code size_t *}. */
    MemorySegment size() {
        return size;
    }

    long sizeValue() {
        return size.get(SolNative.C_LONG_LONG, 0);
    }

    /** At least {@code bytes} bytes, aligned for any number. Their content is undefined. */
    MemorySegment buffer(long bytes) {
        if (buffer.byteSize() < bytes) {
            buffer = Arena.ofAuto().allocate(Math.max(bytes, 2 * buffer.byteSize()), Long.BYTES);
        }
        return buffer;
    }
}
