package dev.sol.bindings;

import java.lang.foreign.MemorySegment;

/** Makes the pointers that handles hold. */
final class Handles {
    private Handles() {}

    /**
     * The address alone: a handle names a native object and must not give access to its memory.
     *
     * @throws NativeErrorException if the pointer is NULL
     */
    static MemorySegment opaque(MemorySegment pointer, String what) {
        if (pointer.address() == 0) {
            throw new NativeErrorException("the native library returned no " + what);
        }
        return MemorySegment.ofAddress(pointer.address());
    }

    static String describe(String what, MemorySegment address) {
        return what + "@0x" + Long.toHexString(address.address());
    }
}
