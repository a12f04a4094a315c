package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Calls that make text, which the native side allocates. */
final class Texts {
    private Texts() {}

    /** A call that stores a {@code char *} in what it is given. */
    @FunctionalInterface
    interface Call {
        int write(Arena arena, MemorySegment text);
    }

    /** The text that the call makes; it is freed. */
    static String of(Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(SolNative.C_POINTER);
            Sol.check(call.write(arena, out));
            MemorySegment text = out.get(SolNative.C_POINTER, 0);
            try {
                return text.getString(0);
            } finally {
                SolNative.sol_text_free(text);
            }
        }
    }
}
