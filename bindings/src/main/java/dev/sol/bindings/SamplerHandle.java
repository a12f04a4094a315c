package dev.sol.bindings;

import java.lang.foreign.MemorySegment;

/**
 * A {@code struct llama_sampler *} that is a chain. Made by {@link Samplers#newChain}, invalid after {@link Samplers#free};
 * used by one thread at a time. It does not belong to a model or a context.
 */
public final class SamplerHandle {
    private final MemorySegment address;

    SamplerHandle(MemorySegment pointer) {
        this.address = Handles.opaque(pointer, "sampler chain");
    }

    MemorySegment address() {
        return address;
    }

    @Override
    public String toString() {
        return Handles.describe("sampler", address);
    }
}
