package dev.sol.bindings;

import dev.sol.bindings.gen.sol_model_params;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a model is loaded: {@code struct sol_model_params}.
 *
 * @param gpuLayers layers kept in GPU memory; -1 = all that fit the backend's own rule. Ignored without a GPU
 * @param mmap map the file (fast start, pages may be reclaimed) or read it into memory (steady timing)
 * @param vocabOnly tokenizer and metadata only; such a model makes no context
 * @param predictor a GGUF with a gate predictor for the model; null = none
 */
public record ModelParams(
        int gpuLayers,
        boolean mmap,
        boolean vocabOnly,
        @Nullable Path predictor) {

    /** Without a predictor. */
    public ModelParams(int gpuLayers, boolean mmap, boolean vocabOnly) {
        this(gpuLayers, mmap, vocabOnly, null);
    }

    static ModelParams read(MemorySegment struct) {
        MemorySegment path = sol_model_params.predictor(struct);
        return new ModelParams(
                sol_model_params.n_gpu_layers(struct),
                sol_model_params.use_mmap(struct),
                sol_model_params.vocab_only(struct),
                path.equals(MemorySegment.NULL) ? null : Path.of(path.getString(0)));
    }

    /** The struct points to memory of {@code allocator}, too. */
    MemorySegment write(SegmentAllocator allocator) {
        MemorySegment struct = sol_model_params.allocate(allocator);
        sol_model_params.n_gpu_layers(struct, gpuLayers);
        sol_model_params.use_mmap(struct, mmap);
        sol_model_params.vocab_only(struct, vocabOnly);
        sol_model_params.predictor(
                struct, predictor == null ? MemorySegment.NULL : allocator.allocateFrom(predictor.toString()));
        return struct;
    }
}
