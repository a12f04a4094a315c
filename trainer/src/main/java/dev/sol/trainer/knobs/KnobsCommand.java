package dev.sol.trainer.knobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Axis;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.Interruption;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.trainer.cli.CorpusOption;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.cli.RunOptions;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.TextTokenizer;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol knobs}: the perplexity of a text against dense, over a grid of each knob, one knob at a time.
 *
 * <p>The text is cut into windows ({@link dev.sol.trainer.corpus.Windows}); in each, the tokens after a dense prefix carry the knob
 * and are scored teacher-forced ({@link dev.sol.trainer.metrics.TeacherForcing}). Dense runs over the same windows and through the
 * same graph. Intervals resample windows, the same ones of both ({@link PairedBootstrap}).
 */
@picocli.CommandLine.Command(
        name = "knobs",
        description = "Measures what each knob costs: the perplexity of a text against dense, over a grid of the knob's"
                + " values and meanings, the other knobs dense.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class KnobsCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Fewer leave nothing to resample. */
    private static final int LEAST_WINDOWS = 2;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Keep the results here, after every cell; what is there already, by the same settings, is not"
                    + " measured again.")
    private @Nullable Path json;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "20000",
            description = "Tokens to score, rounded up to whole windows. Default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(
            names = "--context",
            paramLabel = "N",
            defaultValue = "0",
            description = "Tokens in a window; 0: the model's context, but at most " + Protocol.DEFAULT_CONTEXT
                    + ". Default: ${DEFAULT-VALUE}.")
    private int context;

    @Option(
            names = "--prefix",
            paramLabel = "N",
            defaultValue = "0",
            description = "The first tokens of a window, dense and not scored; 0: an eighth of the context."
                    + " Default: ${DEFAULT-VALUE}.")
    private int prefix;

    @Option(
            names = "--page",
            paramLabel = "N",
            defaultValue = "8",
            description = "Positions in a page, for quest and mean. Default: ${DEFAULT-VALUE}.")
    private int page;

    @Option(
            names = "--attn",
            paramLabel = "K",
            split = ",",
            defaultValue = ".5,.25,.1",
            description = "Shares of the positions, or pages, to attend. Default: ${DEFAULT-VALUE}.")
    private double[] attn = {};

    @Option(
            names = "--mlp",
            paramLabel = "K",
            split = ",",
            defaultValue = ".75,.5,.25",
            description = "Shares of the MLP units to keep. Default: ${DEFAULT-VALUE}.")
    private double[] mlp = {};

    @Option(
            names = "--bits",
            paramLabel = "N",
            split = ",",
            defaultValue = "8,6,5,4",
            description = "Bits to round to. Default: ${DEFAULT-VALUE}.")
    private int[] bits = {};

    @Option(
            names = "--only",
            paramLabel = "REGEX",
            defaultValue = "",
            description = "Only cells whose name this matches somewhere: attn/quest, tail/kv, neuron:8/0.25, bits.")
    private Pattern only = Pattern.compile("");

    @Mixin
    private CorpusOption corpus = new CorpusOption();

    @Mixin
    private RunOptions run = new RunOptions();

    @Mixin
    private ModelSource source = new ModelSource();

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public KnobsCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new KnobsCommand(), arguments);
    }

    @Override
    public Integer call() throws IOException {
        if (tokens < 1) {
            throw RequestException.invalid("tokens", "--tokens must be at least 1, not " + tokens);
        }
        Grid grid = Grid.of(page, attn, mlp, bits, only);
        Corpus text = corpus.text();
        PairedBootstrap bootstrap = run.bootstrap();
        try (Model model = source.load()) {
            return measure(model, grid, text, bootstrap);
        }
    }

    private int measure(Model model, Grid grid, Corpus text, PairedBootstrap bootstrap) throws IOException {
        CommandSpec command = Objects.requireNonNull(spec, "set by picocli");
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();

        Protocol protocol = Protocol.of(context, prefix, model.info());
        List<int[]> windows = text.windows(
                TextTokenizer.of(model.tokenizer()), protocol.context(), LEAST_WINDOWS, protocol.windows(tokens));
        long scored = (long) windows.size() * protocol.scoredPerWindow();
        Results results = results(model, text, protocol, windows.size(), bootstrap);
        ModelLaboratory laboratory = new ModelLaboratory(model, windows, protocol, run.threads());

        out.printf(
                "%s (%s), %s: %d windows of %d tokens, the first %d of each dense%n",
                source.id(),
                model.info().description(),
                text.name(),
                windows.size(),
                protocol.context(),
                protocol.prefix());
        out.flush();
        if (scored < tokens) {
            err.println("knobs: the text has no more than %d tokens to score".formatted(scored));
        }
        try (Interruption _ = Interruption.of(PATIENCE, laboratory::cancel)) {
            return sweep(new Sweep(grid, laboratory, results, scored), printer(grid, results, out), err);
        }
    }

    private int sweep(Sweep sweep, Sweep.Listener listener, PrintWriter err) {
        try (Progress progress = Progress.of("knobs", err)) {
            sweep.run(progress, listener);
            return ExitCode.OK;
        } catch (CancellationException e) {
            err.println(
                    "knobs: interrupted" + (json == null ? "" : "; the same command goes on from what is in " + json));
            return RunOptions.INTERRUPTED;
        }
    }

    private Results results(Model model, Corpus text, Protocol protocol, int windows, PairedBootstrap bootstrap)
            throws IOException {
        if (json == null) {
            return Results.inMemory(bootstrap);
        }
        ObjectNode settings =
                Settings.of(source.id(), source.file(), model.info(), text, protocol, windows, page, bootstrap);
        return Results.in(json, settings, bootstrap);
    }

    private Sweep.Listener printer(Grid grid, Results results, PrintWriter out) {
        return new Sweep.Listener() {
            @Override
            public void dense() {
                out.print(KnobTable.dense(results.dense().orElseThrow().perplexity()));
                out.flush();
            }

            @Override
            public void block(Axis axis) {
                String remark = axis == Axis.ATTN
                        ? "pages of %d, %d sinks, a window of %d"
                                .formatted(page, KnobOptions.DEFAULT.sinks(), KnobOptions.DEFAULT.window())
                        : "";
                out.print(KnobTable.block(axis, grid.of(axis), results, remark, (int)
                        Math.round(100 * run.bootstrap().confidence())));
                out.flush();
            }
        };
    }
}
