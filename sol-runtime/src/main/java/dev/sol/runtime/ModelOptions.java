package dev.sol.runtime;

/**
 * How a model is loaded.
 *
 * @param gpuLayers layers kept in GPU memory; -1 = as many as the backend sees fit. Ignored without a GPU
 * @param mmap map the file, which starts fast but lets the system drop pages, or read it into memory, for steady timing
 */
public record ModelOptions(int gpuLayers, boolean mmap) {
    public static final ModelOptions DEFAULT = new ModelOptions(-1, true);

    /** @throws RequestException if the number of layers is less than -1 */
    public ModelOptions {
        if (gpuLayers < -1) {
            throw RequestException.invalid(
                    "n_gpu_layers", "n_gpu_layers must be -1 (automatic) or more, not " + gpuLayers);
        }
    }
}
