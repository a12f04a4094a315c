package dev.sol.bindings;

import dev.sol.bindings.gen.sol_model_params;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * How a model is loaded: {@code struct sol_model_params}.
 *
 * @param gpuLayers layers kept in GPU memory; -1 = all that fit the backend's own rule. Ignored without a GPU
 * @param mmap map the file (fast start, pages may be reclaimed) or read it into memory (steady timing)
 * @param vocabOnly tokenizer and metadata only; such a model makes no context
 */
public record ModelParams(int gpuLayers, boolean mmap, boolean vocabOnly) {

    static ModelParams read(MemorySegment struct) {
        return new ModelParams(
                sol_model_params.n_gpu_layers(struct),
                sol_model_params.use_mmap(struct),
                sol_model_params.vocab_only(struct));
    }

    MemorySegment write(SegmentAllocator allocator) {
        MemorySegment struct = sol_model_params.allocate(allocator);
        sol_model_params.n_gpu_layers(struct, gpuLayers);
        sol_model_params.use_mmap(struct, mmap);
        sol_model_params.vocab_only(struct, vocabOnly);
        return struct;
    }
}
