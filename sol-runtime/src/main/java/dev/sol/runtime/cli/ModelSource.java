package dev.sol.runtime.cli;

import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which model, and how it is loaded. A picocli mixin. */
public final class ModelSource {
    @Option(names = "--model", paramLabel = "FILE", description = "A GGUF file. Without it: the small embedded model.")
    private @Nullable Path model;

    @Option(
            names = "--no-mmap",
            description = "Read the model into memory rather than map its file: slower to start, steadier in speed.")
    private boolean noMmap;

    @Option(
            names = "--n-gpu-layers",
            paramLabel = "N",
            defaultValue = "-1",
            description = "Layers kept in GPU memory; -1: as many as fit. Without a GPU: ignored."
                    + " Default: ${DEFAULT-VALUE}.")
    private int gpuLayers;

    /** For picocli, which fills in the options. */
    public ModelSource() {}

    /** The model's name in requests and responses: the file's, without {@code .gguf}. */
    public String id() {
        if (model == null || model.getFileName() == null) {
            return EmbeddedModel.ID;
        }
        String name = String.valueOf(model.getFileName());
        return name.endsWith(".gguf") ? name.substring(0, name.length() - ".gguf".length()) : name;
    }

    /** The file of the model; the embedded one is unpacked. */
    public Path file() {
        return model == null ? EmbeddedModel.file() : model;
    }

    /**
     * How the model is to be loaded.
     *
     * @throws dev.sol.runtime.RequestException if an option is out of range
     */
    public ModelOptions options() {
        return new ModelOptions(gpuLayers, !noMmap);
    }

    /**
     * Loads the model, which the caller closes.
     *
     * @throws dev.sol.runtime.RequestException if an option is out of range
     * @throws dev.sol.runtime.ModelException if the file cannot be used
     */
    public Model load() {
        ModelOptions options = options(); // a wrong one is told before the embedded model is unpacked
        return Model.load(file(), options);
    }
}
