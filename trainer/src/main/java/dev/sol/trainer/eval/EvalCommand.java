package dev.sol.trainer.eval;

import dev.sol.policy.ComputePolicy;
import dev.sol.policy.UnattainableBudgetException;
import dev.sol.runtime.Execution;
import dev.sol.runtime.Model;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.Interruption;
import dev.sol.runtime.cli.KnobArguments;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.runtime.cli.PolicyChoices;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.cli.RunOptions;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.TextTokenizer;
import dev.sol.trainer.tasks.Questions;
import dev.sol.trainer.tasks.Task;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol eval}: the perplexity of a text under policies, against allocations that realise the same on every axis.
 *
 * <p>The text is cut into windows ({@link dev.sol.trainer.corpus.Windows}); in each, the tokens after a dense prefix are decode steps
 * within the budget, scored teacher-forced ({@link PolicyEvaluation}). Baselines run over the same windows until their realised means
 * are the policy's ({@link Matching}). Intervals resample windows, the same ones of both ({@link
 * dev.sol.trainer.stats.PairedBootstrap}).
 */
@picocli.CommandLine.Command(
        name = "eval",
        description = "Measures policies: the perplexity of a text at several budgets, against allocations that realise"
                + " the same on every axis.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class EvalCommand implements Callable<Integer> {
    /** Steps that are timed of each row. */
    private static final int TIMED_STEPS = 64;

    @Option(
            names = "--policy",
            paramLabel = "FILE|NAME",
            description =
                    "A policy, and more with the option repeated: a learned one's file (.safetensors), or uniform,"
                            + " random, entropy, drift. Without it: the embedded model's, or uniform.")
    private List<String> policies = new ArrayList<>();

    @Mixin
    private EvalOptions options = new EvalOptions();

    @Mixin
    private TaskOptions taskOptions = new TaskOptions();

    @Mixin
    private RunOptions run = new RunOptions();

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
        Suite suite = Suite.byName(options.suite);
        Execution execution = options.execution();
        List<Family> families = Family.of(options.knobs == null ? suite.knobs() : options.knobs, knobs.knobs());
        Set<String> baselines = options.baselines == null ? suite.baselines() : Suite.baselines(options.baselines);
        if (options.refresh < 0) {
            throw RequestException.invalid("refresh", "--refresh must be at least 0, not " + options.refresh);
        }
        // What is missing is told before a large model is loaded.
        Corpus text = options.corpus == null ? DefaultText.corpus() : new Corpus(options.corpus);
        text.check();
        Corpus validation = options.validation == null ? null : new Corpus(options.validation);
        if (validation != null) {
            validation.check();
        }
        List<Task> tasks = taskOptions.tasks();
        List<ComputePolicy> subjects = subjects();
        List<Double> budgets = options.budgets == null
                ? suite.budgets()
                : Arrays.stream(options.budgets).sorted().boxed().toList();
        for (ComputePolicy subject : subjects) {
            for (double budget : budgets) {
                check(subject, budget);
            }
        }
        Experiment.Plan plan = new Experiment.Plan(
                families, subjects, budgets, baselines, options.refresh, options.noTiming ? 0 : TIMED_STEPS);
        try (Model model = source.load()) {
            return evaluate(model, suite, plan, tasks, text, validation, execution);
        }
    }

    private List<ComputePolicy> subjects() {
        policies = policies.stream().distinct().toList();
        PolicyRegistry known = PolicyChoices.registry(policies, source, knobs.knobs()); // two of one name are told
        if (policies.size() < 2) {
            return List.of(known.defaultPolicy());
        }
        return policies.stream()
                .map(choice -> PolicyChoices.registry(List.of(choice), source, knobs.knobs())
                        .defaultPolicy())
                .toList();
    }

    private static void check(ComputePolicy subject, double budget) {
        try {
            subject.resolve(budget);
        } catch (UnattainableBudgetException e) {
            throw RequestException.invalid("budgets", "--budgets: " + e.getMessage());
        }
    }

    private int evaluate(
            Model model,
            Suite suite,
            Experiment.Plan plan,
            List<Task> tasks,
            Corpus text,
            @Nullable Corpus validation,
            Execution execution)
            throws IOException {
        CommandSpec command = Objects.requireNonNull(spec, "set by picocli");
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();

        int forced = plan.families().getFirst().knobs().forcedPositions();
        Protocol protocol = Protocol.of(
                options.tokens == null ? suite.tokens() : options.tokens,
                options.prefix,
                options.stretch,
                forced,
                model.info());
        if (plan.refresh() > protocol.stretch()) {
            throw RequestException.invalid(
                    "refresh",
                    "--refresh must be at most the stretch of %d, not %d"
                            .formatted(protocol.stretch(), plan.refresh()));
        }
        int calibration = plan.baselines().contains(Baselines.STATIC)
                ? Math.ceilDiv(
                        options.validationTokens == null ? suite.calibration() : options.validationTokens,
                        protocol.stretch())
                : 0;
        Texts texts = Texts.cut(text, validation, TextTokenizer.of(model.tokenizer()), protocol, calibration);
        int context = model.info().contextLength() == 0
                ? protocol.length()
                : model.info().contextLength();
        List<TaskSet> sets = tasks.stream()
                .map(task -> new TaskSet(
                        Questions.of(task, TextTokenizer.of(model.tokenizer()), taskOptions.shots, context),
                        taskOptions.everything()))
                .toList();
        Path file = options.json;
        EvalResults results = EvalResults.of(
                options.out,
                file,
                EvalSettings.of(source, model, plan, policies, text, validation, texts, protocol, execution, run)
                        .put("tasks", TaskOptions.fingerprints(tasks))
                        .put("shots", taskOptions.shots)
                        .put("budget_scope", taskOptions.scope));
        out.printf(
                "%s (%s), %s: %d windows, %d tokens after a dense prefix of %d in each%n",
                source.id(),
                model.info().description(),
                text.name(),
                texts.test().size(),
                protocol.stretch(),
                protocol.prefix());
        out.flush();
        if (texts.test().size() < protocol.windows()) {
            err.println("eval: the text has no more than %d windows"
                    .formatted(texts.test().size()));
        }
        Stoppables stoppables = new Stoppables();
        Bench.Setup bench =
                new Bench.Setup(protocol.length(), texts.test().size(), run.threads(), execution, !options.noTiming);
        TaskExperiment asked = sets.isEmpty()
                ? null
                : new TaskExperiment(plan, sets, model, bench, run.bootstrap(), results, stoppables);
        Experiment experiment = new Experiment(
                plan, model, texts, protocol, bench, run.bootstrap(), results, stoppables, asked, !taskOptions.only);
        try (Interruption _ = Interruption.of(stoppables::stop)) {
            return run(experiment, model, texts, protocol, results, out, err);
        }
    }

    /** Within the reach of Ctrl-C until all is written and printed. */
    private int run(
            Experiment experiment,
            Model model,
            Texts texts,
            Protocol protocol,
            EvalResults results,
            PrintWriter out,
            PrintWriter err)
            throws IOException {
        try (Progress progress = Progress.of("eval", err)) {
            Details details = experiment.run(progress, new EvalPrinter(out, (int)
                    Math.round(100 * run.bootstrap().confidence())));
            if (results.folder() != null) {
                new ResultTables(results.folder(), model.tokenizer(), texts.test(), protocol.prefix())
                        .write(results.rows(), results.tasks(), details);
            }
            progress.aside(() -> out.println("* clear of 0; negative: the policy is better"));
            return ExitCode.OK;
        } catch (CancellationException e) {
            err.println("eval: interrupted"
                    + (options.out == null ? "" : "; the same command goes on from what is in " + options.out));
            err.flush();
            return RunOptions.INTERRUPTED;
        }
    }
}
