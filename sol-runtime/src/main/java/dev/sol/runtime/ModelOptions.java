package dev.sol.runtime;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a model is loaded.
 *
 * @param gpuLayers layers kept in GPU memory; -1 = as many as the backend sees fit. Ignored without a GPU
 * @param mmap map the file, which starts fast but lets the system drop pages, or read it into memory, for steady timing
 * @param predictor a GGUF with a gate predictor for the model, which {@link MlpGate#PREDICTED} needs; null = none
 */
public record ModelOptions(
        int gpuLayers, boolean mmap, @Nullable Path predictor) {
    public static final ModelOptions DEFAULT = new ModelOptions(-1, true, null);

    /** @throws RequestException if the number of layers is less than -1 */
    public ModelOptions {
        if (gpuLayers < -1) {
            throw RequestException.invalid(
                    "n_gpu_layers", "n_gpu_layers must be -1 (automatic) or more, not " + gpuLayers);
        }
    }

    /** Without a predictor. */
    public ModelOptions(int gpuLayers, boolean mmap) {
        this(gpuLayers, mmap, null);
    }

    /** These options with another predictor, or none. */
    public ModelOptions withPredictor(@Nullable Path value) {
        return new ModelOptions(gpuLayers, mmap, value);
    }
}
