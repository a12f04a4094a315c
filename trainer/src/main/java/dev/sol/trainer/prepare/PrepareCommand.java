package dev.sol.trainer.prepare;

import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.runtime.gguf.GgufException;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.trainer.cli.CorpusOption;
import dev.sol.trainer.cli.RunOptions;
import dev.sol.trainer.cli.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol prepare}: writes a model that computes the same with its MLP neurons in another order, in which neighbours are active
 * together, and a predictor of its gates.
 */
@picocli.CommandLine.Command(
        name = "prepare",
        description =
                "Makes a model ready for leaving out MLP neurons: writes an equal model in which neurons that are active"
                        + " together are neighbours, and a predictor of its gates.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class PrepareCommand implements Callable<Integer> {
    @Option(names = "--out", paramLabel = "FILE", description = "Where the model in its new order goes: a GGUF file.")
    private @Nullable Path out;

    @Option(
            names = "--group",
            paramLabel = "8|32",
            defaultValue = "8",
            description = "Neurons in a unit that the order is made for first. Default: ${DEFAULT-VALUE}.")
    private int group;

    @Option(
            names = "--predictor",
            paramLabel = "FILE",
            description =
                    "Where a gate predictor goes: for the model in --out, or without --out for the model as it is.")
    private @Nullable Path predictor;

    @Option(
            names = "--rank",
            paramLabel = "N",
            defaultValue = "0",
            description = "Rank of the predictor, a multiple of 32; 0: an eighth of the model's width."
                    + " Default: ${DEFAULT-VALUE}.")
    private int rank;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "16384",
            description = "Tokens to calibrate with, rounded up to whole windows; the last eighth is held out, for the"
                    + " report. Default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(
            names = "--quantize",
            paramLabel = "TYPE",
            defaultValue = "",
            description = "Quantise the model after it was put in order: Q8_0, Q4_0, Q4_K_M.")
    private String quantize = "";

    @Option(
            names = "--evaluate",
            paramLabel = "FILE",
            description = "Then measure the perplexity of this text, before and after, at shares of the neurons.")
    private @Nullable Path evaluate;

    @Option(
            names = "--evaluate-tokens",
            paramLabel = "N",
            defaultValue = "20000",
            description = "Tokens to score, rounded up to whole windows. Default: ${DEFAULT-VALUE}.")
    private int evaluateTokens;

    @Mixin
    private CorpusOption corpus = new CorpusOption();

    @Mixin
    private RunOptions run = new RunOptions();

    @Mixin
    private ModelSource source = new ModelSource();

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public PrepareCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new PrepareCommand(), arguments);
    }

    @Override
    public Integer call() throws IOException {
        Settings settings = new Settings(
                corpus.file(),
                tokens,
                out,
                group,
                quantize,
                predictor,
                rank,
                evaluate,
                evaluateTokens,
                run.threads(),
                run.seed());
        settings.check(source.file());
        CommandLine line = Objects.requireNonNull(spec, "set by picocli").commandLine();
        ModelOptions options = source.options();
        try (GgufFile file = open(source.file());
                Cancellation cancellation = new Cancellation()) {
            Progress progress = progress(line.getErr());
            try {
                new Preparation(file, options, settings, line.getOut(), progress, cancellation).run();
                return ExitCode.OK;
            } catch (CancellationException e) {
                progress.clear();
                line.getErr().println("prepare: interrupted; files that were not complete are not there");
                return RunOptions.INTERRUPTED;
            }
        }
    }

    private static GgufFile open(Path model) throws IOException {
        try {
            return GgufFile.open(model);
        } catch (NoSuchFileException e) {
            throw RequestException.invalid("model", "there is no file " + model);
        } catch (GgufException e) {
            throw RequestException.invalid("model", String.valueOf(e.getMessage()));
        }
    }

    private static Progress progress(PrintWriter err) {
        return new Progress(err, Terminal.isThere(), System::nanoTime);
    }
}
