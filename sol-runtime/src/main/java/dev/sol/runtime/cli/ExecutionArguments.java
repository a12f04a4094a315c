package dev.sol.runtime.cli;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.MlpGate;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how tokens with knobs are computed. A picocli mixin. */
public final class ExecutionArguments {
    @Option(
            names = "--execution",
            paramLabel = "NAME",
            defaultValue = "skip",
            description = "What the knobs drop is not read (skip), or masked, which saves no time (reference)."
                    + " Default: ${DEFAULT-VALUE}.")
    private String execution = "";

    @Option(
            names = "--no-skip-mlp",
            description =
                    "Skip in attention only. Saves the memory of the MLPs' second copy of their down projections.")
    private boolean noSkipMlp;

    @Option(
            names = "--predictor",
            paramLabel = "FILE",
            description = "A GGUF that predicts the gates of the model's MLPs, so that those of dropped neurons are not"
                    + " computed either.")
    private @Nullable Path predictor;

    @Mixin
    private KvTypeArgument kvType = new KvTypeArgument();

    /** For picocli, which fills in the options. */
    public ExecutionArguments() {}

    /** {@code options} with the predictor. */
    public ModelOptions apply(ModelOptions options) {
        return options.withPredictor(predictor);
    }

    /**
     * {@code options} with what is said here.
     *
     * @throws RequestException if an option is wrong
     */
    public ContextOptions apply(ContextOptions options) {
        return options.withExecution(execution())
                .withSkipMlp(!noSkipMlp)
                .withKvType(kvType.kvType())
                .withKnobs(options.knobs().withGate(predictor == null ? MlpGate.EXACT : MlpGate.PREDICTED));
    }

    private Execution execution() {
        return switch (execution) {
            case "skip" -> Execution.SKIP;
            case "reference" -> Execution.REFERENCE;
            default -> throw KnobArguments.unknown("execution", execution, "skip, reference");
        };
    }
}
