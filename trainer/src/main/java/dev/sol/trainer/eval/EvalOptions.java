package dev.sol.trainer.eval;

import dev.sol.runtime.Execution;
import dev.sol.runtime.RequestException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code sol eval} that say what is measured, how much of it, and where it goes. A picocli mixin. */
final class EvalOptions {
    @Option(
            names = "--suite",
            paramLabel = "NAME",
            defaultValue = "standard",
            description = "How much is measured: quick (5,000 tokens, three budgets, the main baselines), standard"
                    + " (50,000 tokens, six budgets), full (all baselines, both meanings of the knobs). The options"
                    + " below change parts of it. Default: ${DEFAULT-VALUE}.")
    String suite = "";

    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            description = "UTF-8 text, plain or .xz; documents are separated by lines <|endoftext|>. Its first tokens"
                    + " are used. Without it: a short one that comes with the program.")
    @Nullable Path corpus;

    @Option(
            names = "--validation",
            paramLabel = "FILE",
            description = "The text by which the best static splits are found. Without it: what follows in the corpus"
                    + " after the tokens that are scored.")
    @Nullable Path validation;

    @Option(
            names = "--budgets",
            paramLabel = "X",
            split = ",",
            description = "Net keep rates. Default: .4,.6,.8 (quick), .4,.5,.6,.7,.8,.9.")
    double @Nullable [] budgets;

    @Option(
            names = "--baselines",
            paramLabel = "NAME",
            split = ",",
            description = "What policies are compared with, at equal realised means: random, random-mix, fixed,"
                    + " fixed-2l, fixed-3l, static, uniform, entropy, drift, best-of-500, best-of-30, quantised.")
    String @Nullable [] baselines;

    @Option(
            names = "--knobs",
            paramLabel = "NAME",
            description = "What the knobs mean: given (as the options below say), paper (quest, channels), ours (mean"
                    + " with tail, neurons), or both. Default: both (full), given.")
    @Nullable String knobs;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "Tokens to score, rounded up to whole windows. Default: 5000 (quick), 50000.")
    @Nullable Integer tokens;

    @Option(
            names = "--validation-tokens",
            paramLabel = "N",
            description = "Tokens that static splits are found on. Default: 2500 (quick), 10000, 20000 (full).")
    @Nullable Integer validationTokens;

    @Option(
            names = "--prefix",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "The first tokens of a window, dense and not scored; 0: what the stretch leaves of the context,"
                            + " at most " + Protocol.DEFAULT_LENGTH + ". Default: ${DEFAULT-VALUE}.")
    int prefix;

    @Option(
            names = "--stretch",
            paramLabel = "N",
            defaultValue = "0",
            description = "The tokens after them, which are scored; 0: half of the context, at most "
                    + Protocol.DEFAULT_LENGTH + ". Default: ${DEFAULT-VALUE}.")
    int stretch;

    @Option(
            names = "--refresh",
            paramLabel = "T",
            defaultValue = "0",
            description = "After every T steps compute these T tokens again, densely, which is charged; 0: never."
                    + " Default: ${DEFAULT-VALUE}.")
    int refresh;

    @Option(
            names = "--execution",
            paramLabel = "NAME",
            defaultValue = "reference",
            description = "What the knobs drop is masked (reference), or not read (skip). Default: ${DEFAULT-VALUE}.")
    private String execution = "";

    @Option(names = "--no-timing", description = "Do not measure what a token takes.")
    boolean noTiming;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = "Keep all results here, after every cell: sol report makes a page of them, and the same"
                    + " command goes on where it was interrupted.")
    @Nullable Path out;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the rows here, after every budget; what is there is replaced.")
    @Nullable Path json;

    /** @throws RequestException if there is no such mode */
    Execution execution() {
        return switch (execution) {
            case "reference" -> Execution.REFERENCE;
            case "skip" -> Execution.SKIP;
            default ->
                throw RequestException.invalid(
                        "execution", "--execution has no '%s'; there are: reference, skip".formatted(execution));
        };
    }
}
