package dev.sol.runtime.cli;

import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.CompletionEngine;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that runs a model: which one, and how. A picocli mixin. */
public final class EngineOptions {
    @Option(names = "--model", paramLabel = "FILE", description = "A GGUF file. Without it: the small embedded model.")
    private @Nullable Path model;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Threads; 0: one for each processor, for tiny models a single one. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--ctx",
            paramLabel = "N",
            defaultValue = "0",
            description = "Context length in tokens; 0: the model's, but at most " + ContextOptions.DEFAULT_CONTEXT
                    + ". Default: ${DEFAULT-VALUE}.")
    private int contextLength;

    @Option(
            names = "--attn-criterion",
            paramLabel = "NAME",
            defaultValue = "recency",
            description = "How attended positions are chosen: recency. Default: ${DEFAULT-VALUE}.")
    private String attention = "";

    @Option(
            names = "--page",
            paramLabel = "N",
            defaultValue = "16",
            description = "Positions in a page; recency chooses single positions and does not use it."
                    + " Default: ${DEFAULT-VALUE}.")
    private int page;

    @Option(
            names = "--mlp-criterion",
            paramLabel = "NAME[:N]",
            defaultValue = "neuron",
            description = "How MLP units are chosen: neuron, in groups of 1, 8 or 32 (neuron:8)."
                    + " Default: ${DEFAULT-VALUE}.")
    private String mlp = "";

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
    public EngineOptions() {}

    /** The model's name in requests and responses: the file's, without {@code .gguf}. */
    public String modelId() {
        if (model == null || model.getFileName() == null) {
            return EmbeddedModel.ID;
        }
        String name = String.valueOf(model.getFileName());
        return name.endsWith(".gguf") ? name.substring(0, name.length() - ".gguf".length()) : name;
    }

    /** The file of the model; the embedded one is unpacked. */
    public Path modelFile() {
        return model == null ? EmbeddedModel.file() : model;
    }

    /**
     * How the model is to be loaded.
     *
     * @throws RequestException if an option is out of range
     */
    public ModelOptions modelOptions() {
        return new ModelOptions(gpuLayers, !noMmap);
    }

    /**
     * How the context is to be made.
     *
     * @throws RequestException if an option is wrong
     */
    public ContextOptions contextOptions() {
        KnobOptions knobs = new KnobOptions(
                attentionCriterion(),
                KnobOptions.DEFAULT.sinks(),
                KnobOptions.DEFAULT.window(),
                page,
                MlpCriterion.NEURON,
                mlpGroup());
        return ContextOptions.DEFAULT
                .withContextLength(contextLength)
                .withThreads(threads)
                .withKnobs(knobs);
    }

    /**
     * Loads the model and starts an engine with it, which the caller closes.
     *
     * @param queueCapacity how many requests may wait
     * @throws RequestException if an option is wrong
     * @throws dev.sol.runtime.ModelException if the model file cannot be used
     */
    public CompletionEngine open(int queueCapacity) {
        ContextOptions context = contextOptions(); // wrong ones are told before the model is loaded
        return CompletionEngine.open(Model.load(modelFile(), modelOptions()), context, queueCapacity);
    }

    private AttentionCriterion attentionCriterion() {
        if (attention.equals("recency")) {
            return AttentionCriterion.RECENCY;
        }
        throw RequestException.invalid(
                "attn-criterion", "there is no attention criterion '" + attention + "'; there is: recency");
    }

    private int mlpGroup() {
        return switch (mlp) {
            case "neuron" -> KnobOptions.DEFAULT.group();
            case "neuron:1" -> 1;
            case "neuron:8" -> 8;
            case "neuron:32" -> 32;
            default ->
                throw RequestException.invalid(
                        "mlp-criterion",
                        "there is no MLP criterion '" + mlp + "'; there are: neuron, neuron:1, neuron:8, neuron:32");
        };
    }
}
