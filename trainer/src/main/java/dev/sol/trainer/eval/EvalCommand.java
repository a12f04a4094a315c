package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.UnattainableBudgetException;
import dev.sol.runtime.Execution;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.PolicyRegistry;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.Interruption;
import dev.sol.runtime.cli.KnobArguments;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.runtime.cli.PolicyChoices;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.Fingerprint;
import dev.sol.trainer.corpus.TextTokenizer;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol eval}: the perplexity of a text under a policy, against allocations that realise the same on every axis.
 *
 * <p>The text is cut into windows ({@link dev.sol.trainer.corpus.Windows}); in each, the tokens after a dense prefix are decode steps
 * within the budget, scored teacher-forced ({@link PolicyEvaluation}). Baselines run over the same windows until their realised means
 * are the policy's ({@link Matching}). Intervals resample windows, the same ones of both ({@link PairedBootstrap}).
 */
@picocli.CommandLine.Command(
        name = "eval",
        description =
                "Measures a policy: the perplexity of a text at several budgets, against random, fixed and uniform"
                        + " allocations that realise the same on every axis.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class EvalCommand implements Callable<Integer> {
    private static final int RESAMPLES = 10_000;
    private static final double CONFIDENCE = .95;
    private static final int INTERRUPTED = 130;

    /** Fewer leave nothing to resample. */
    private static final int LEAST_WINDOWS = 2;

    /** Steps that are timed of each row. */
    private static final int TIMED_STEPS = 128;

    @Option(
            names = "--policy",
            paramLabel = "FILE|NAME",
            required = true,
            description = "The policy: a learned one's file (.safetensors), or uniform, random, entropy, drift.")
    private String policy = "";

    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            required = true,
            description =
                    "UTF-8 text, plain or .xz; documents are separated by lines <|endoftext|>. Its first tokens are"
                            + " used.")
    private Path corpus = Path.of("");

    @Option(
            names = "--budgets",
            paramLabel = "X",
            split = ",",
            defaultValue = ".4,.5,.6,.7,.8,.9",
            description = "Net keep rates. Default: ${DEFAULT-VALUE}.")
    private double[] budgets = {};

    @Option(
            names = "--windows",
            paramLabel = "N",
            defaultValue = "0",
            description = "Windows of the text, at most; 0: as many as " + Protocol.DEFAULT_TOKENS
                    + " scored tokens take. Default: ${DEFAULT-VALUE}.")
    private int windows;

    @Option(
            names = "--prefix",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "The first tokens of a window, dense and not scored; 0: what the stretch leaves of the context,"
                            + " at most " + Protocol.DEFAULT_LENGTH + ". Default: ${DEFAULT-VALUE}.")
    private int prefix;

    @Option(
            names = "--stretch",
            paramLabel = "N",
            defaultValue = "0",
            description = "The tokens after them, which are scored; 0: half of the context, at most "
                    + Protocol.DEFAULT_LENGTH + ". Default: ${DEFAULT-VALUE}.")
    private int stretch;

    @Option(
            names = "--execution",
            paramLabel = "NAME",
            defaultValue = "reference",
            description = "What the knobs drop is masked (reference), or not read (skip). Default: ${DEFAULT-VALUE}.")
    private String execution = "";

    @Option(names = "--no-timing", description = "Do not measure what a token takes.")
    private boolean noTiming;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the results here, after every row; what is there is replaced.")
    private @Nullable Path json;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Threads; 0: one for each processor, for tiny models a single one. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of random allocations and the resampling. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Mixin
    private KnobArguments knobs = new KnobArguments();

    @Mixin
    private ModelSource source = new ModelSource();

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public EvalCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new EvalCommand(), arguments);
    }

    @Override
    public Integer call() throws IOException {
        KnobOptions meaning = knobs.knobs();
        Execution mode = mode();
        Corpus text = new Corpus(corpus);
        text.check(); // a missing file is told before a large model is loaded
        ComputePolicy subject = PolicyChoices.registry(List.of(policy), source).defaultPolicy();
        Arrays.sort(budgets);
        for (double budget : budgets) {
            check(subject, budget);
        }
        try (Model model = source.load()) {
            return evaluate(model, subject, text, mode, meaning);
        }
    }

    private Execution mode() {
        return switch (execution) {
            case "reference" -> Execution.REFERENCE;
            case "skip" -> Execution.SKIP;
            default ->
                throw RequestException.invalid(
                        "execution", "--execution has no '%s'; there are: reference, skip".formatted(execution));
        };
    }

    private static void check(ComputePolicy subject, double budget) {
        try {
            subject.resolve(budget);
        } catch (UnattainableBudgetException e) {
            throw RequestException.invalid("budgets", "--budgets: " + e.getMessage());
        }
    }

    private int evaluate(Model model, ComputePolicy subject, Corpus text, Execution mode, KnobOptions meaning)
            throws IOException {
        CommandSpec command = Objects.requireNonNull(spec, "set by picocli");
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();

        Protocol protocol = Protocol.of(windows, prefix, stretch, meaning.forcedPositions(), model.info());
        List<int[]> cut =
                text.windows(TextTokenizer.of(model.tokenizer()), protocol.length(), LEAST_WINDOWS, protocol.windows());
        int lanes = Math.min(cut.size(), ModelLockstep.lanes(model.info(), protocol.length(), mode));
        EvalJson results =
                json == null ? null : new EvalJson(json, settings(model, subject, text, protocol, cut.size()));
        out.printf(
                "%s (%s), %s: %d windows, %d tokens after a dense prefix of %d in each%n",
                source.id(),
                model.info().description(),
                text.name(),
                cut.size(),
                protocol.stretch(),
                protocol.prefix());
        out.flush();
        if (cut.size() < protocol.windows()) {
            err.println("eval: the text has no more than %d windows".formatted(cut.size()));
        }
        Progress progress = progress(err);
        try (Lockstep lockstep = ModelLockstep.open(model, lanes, protocol.length(), threads, mode, meaning);
                Lockstep single = noTiming
                        ? null
                        : ModelLockstep.open(model, 1, protocol.length(), threads, Execution.SKIP, meaning);
                Interruption _ = Interruption.of(() -> cancel(lockstep, single))) {
            StepTiming timing = single == null ? null : new StepTiming(timed(single, cut.getFirst(), protocol));
            Comparison comparison = new Comparison(
                    new PolicyEvaluation(lockstep, cut, protocol.prefix()),
                    timing,
                    new PairedBootstrap(RESAMPLES, CONFIDENCE, seed),
                    seed,
                    progress);
            long tokens = (long) cut.size() * protocol.stretch();
            return run(comparison, subject, tokens, progress, out, err, results);
        }
    }

    private static void cancel(Lockstep lockstep, @Nullable Lockstep single) {
        lockstep.cancel();
        if (single != null) {
            single.cancel();
        }
    }

    private static PolicyEvaluation timed(Lockstep single, int[] window, Protocol protocol) {
        int steps = Math.min(TIMED_STEPS, protocol.stretch());
        return new PolicyEvaluation(
                single, List.of(Arrays.copyOf(window, protocol.prefix() + steps + 1)), protocol.prefix());
    }

    /** Within the reach of Ctrl-C until all is printed. */
    private int run(
            Comparison comparison,
            ComputePolicy subject,
            long tokens,
            Progress progress,
            PrintWriter out,
            PrintWriter err,
            @Nullable EvalJson results) {
        progress.expect(tokens * (1 + (long) budgets.length * Comparison.ROWS));
        Consumer<Row> keep = results == null ? _ -> {} : results::add;
        try {
            Row dense = comparison.dense();
            keep.accept(dense);
            progress.clear();
            out.print(EvalTable.dense(dense));
            out.flush();
            for (double budget : budgets) {
                progress.block(String.format(Locale.ROOT, "budget %.2f, ", budget));
                List<Row> rows = comparison.at(subject, budget, keep);
                progress.clear();
                out.print(EvalTable.block(rows, (int) Math.round(100 * CONFIDENCE)));
                out.flush();
            }
            out.println("* clear of 0; negative: the policy is better");
            return ExitCode.OK;
        } catch (CancellationException e) {
            progress.clear();
            err.println("eval: interrupted" + (json == null ? "" : "; rows that were complete are in " + json));
            err.flush();
            return INTERRUPTED;
        }
    }

    /** What the rows depend on. */
    private ObjectNode settings(Model model, ComputePolicy subject, Corpus text, Protocol protocol, int count)
            throws IOException {
        ObjectNode settings = JsonNodeFactory.instance.objectNode();
        settings.putObject("model")
                .put("name", source.id())
                .put("description", model.info().description())
                .put("sha256", Fingerprint.sha256(source.file()));
        settings.putObject("corpus").put("name", text.name()).put("sha256", Fingerprint.sha256(text.file()));
        ObjectNode who = settings.putObject("policy").put("name", subject.name());
        if (!PolicyRegistry.BUILT_IN.names().contains(policy)) {
            who.put("sha256", Fingerprint.sha256(Path.of(policy)));
        }
        settings.put("windows", count)
                .put("prefix", protocol.prefix())
                .put("stretch", protocol.stretch())
                .put("execution", execution)
                .put("knobs", knobs.knobs().toString());
        settings.putObject("bootstrap")
                .put("resamples", RESAMPLES)
                .put("confidence", CONFIDENCE)
                .put("seed", seed);
        return settings;
    }

    @SuppressWarnings("SystemConsoleNull") // JDK 25 went back to a console that is null without a terminal
    private static Progress progress(PrintWriter err) {
        Console console = System.console();
        return new Progress(err, console != null && console.isTerminal(), System::nanoTime);
    }
}
