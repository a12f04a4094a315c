package dev.sol.runtime.cli;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.CompletionEngine;
import java.io.PrintWriter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that runs a model: which one, and how. A picocli mixin. */
public final class EngineOptions {
    private static final int DEFAULT_PARALLEL = 4;

    @Mixin
    private ModelSource model = new ModelSource();

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
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "" + DEFAULT_PARALLEL,
            description =
                    "Requests that are answered at once; they share the context's cells, all of which one alone can"
                            + " use. Default: ${DEFAULT-VALUE}.")
    private int parallel;

    @Option(
            names = "--calibrate",
            description = "Measure now what a token costs, rather than when the first budget in milliseconds comes and"
                    + " nothing was measured before.")
    private boolean calibrate;

    @Mixin
    private ExecutionArguments execution = new ExecutionArguments();

    @Mixin
    private KnobArguments knobs = new KnobArguments();

    /** For picocli, which fills in the options. */
    public EngineOptions() {}

    /** The model's name in requests and responses: the file's, without {@code .gguf}. */
    public String modelId() {
        return model.id();
    }

    /** Which model, and how it is loaded. */
    public ModelSource model() {
        return model;
    }

    /**
     * How the context is to be made.
     *
     * @throws RequestException if an option is wrong
     */
    public ContextOptions contextOptions() {
        return execution.apply(ContextOptions.DEFAULT
                .withContextLength(contextLength)
                .withThreads(threads)
                .withMaxSequences(parallel())
                .withKnobs(knobs.knobs()));
    }

    private int parallel() {
        if (parallel < 1 || parallel > ContextOptions.MAX_SEQUENCES) {
            throw RequestException.invalid(
                    "parallel",
                    "--parallel must be from 1 to %d, not %d".formatted(ContextOptions.MAX_SEQUENCES, parallel));
        }
        return parallel;
    }

    private static void calibrate(CompletionEngine engine) {
        try {
            engine.calibrate();
        } catch (RuntimeException e) {
            engine.close();
            throw e;
        }
    }

    /**
     * Loads the model and starts an engine with it, which the caller closes. One line on {@code err} says how it runs.
     *
     * @param queueCapacity how many requests may wait
     * @throws RequestException if an option is wrong
     * @throws dev.sol.runtime.ModelException if the model file cannot be used
     */
    public CompletionEngine open(int queueCapacity, PrintWriter err) {
        ContextOptions context = contextOptions(); // wrong ones are told before the model is loaded
        ModelOptions how = execution.apply(model.options());
        Model loaded = Model.load(model.file(), how);
        CompletionEngine engine = CompletionEngine.open(loaded, context, queueCapacity);
        err.println(ExecutionLine.of(
                engine.execution(),
                engine.layers(),
                loaded.extraBytes(),
                loaded.info().sizeBytes()));
        if (calibrate) {
            calibrate(engine);
        }
        return engine;
    }
}
