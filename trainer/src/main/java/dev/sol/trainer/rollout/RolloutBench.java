package dev.sol.trainer.rollout;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.Execution;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.KnobArguments;
import dev.sol.runtime.cli.ModelSource;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol bench --rollouts}: how many tokens a second schedules take side by side, against one schedule at a time, both with the
 * prefixes in the cache already. The two take turns, with the same items, policy and draws, so that they do the same work: model,
 * policy network, sampling and scores.
 */
@picocli.CommandLine.Command(
        name = "bench --rollouts",
        description =
                "Times rollouts: the schedules of some inputs in batches, as in training, against one schedule at a time with the"
                        + " prefix already cached.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class RolloutBench implements Callable<Integer> {
    private static final int HORIZON = 16;
    private static final double TEMPERATURE = 1.3;
    private static final Budget TARGET = new Budget(.5, .5, 8);

    @Option(
            names = "--inputs",
            paramLabel = "B",
            defaultValue = "8",
            description = "Inputs. Default: ${DEFAULT-VALUE}.")
    private int inputs;

    @Option(
            names = "--schedules",
            paramLabel = "K",
            defaultValue = "16",
            description = "Schedules of each. Default: ${DEFAULT-VALUE}.")
    private int schedules;

    @Option(
            names = "--prefix",
            paramLabel = "N",
            defaultValue = "128",
            description = "Tokens before the first step. Default: ${DEFAULT-VALUE}.")
    private int prefix;

    @Option(
            names = "--width",
            paramLabel = "N",
            defaultValue = "64",
            description = "Of the policy network. Default: ${DEFAULT-VALUE}.")
    private int width;

    @Option(
            names = "--lanes",
            paramLabel = "N",
            defaultValue = "" + RolloutOptions.DEFAULT_LANES,
            description = "The most schedules in a batch. Default: ${DEFAULT-VALUE}.")
    private int lanes;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Threads of the batches; for tiny models, workers with batches of their own. 0: one for each processor."
                            + " One schedule at a time has as many, but one if the model is tiny. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Mixin
    private KnobArguments knobArguments = new KnobArguments();

    @Option(
            names = "--execution",
            paramLabel = "E",
            defaultValue = "REFERENCE",
            description = "How tokens with knobs are computed: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Execution execution = Execution.REFERENCE;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often both are timed, after a round that does not count. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Mixin
    private ModelSource source = new ModelSource();

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public RolloutBench() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new RolloutBench(), arguments);
    }

    @Override
    public Integer call() {
        for (int value : new int[] {inputs, schedules, prefix, width, lanes, rounds}) {
            if (value < 1) {
                throw RequestException.invalid("bench", "a number that must be at least 1 is " + value);
            }
        }
        PrintWriter out =
                Objects.requireNonNull(spec, "set by picocli").commandLine().getOut();
        KnobOptions knobs = knobArguments.knobs();
        RolloutOptions options =
                RolloutOptions.DEFAULT.withKnobs(knobs).withExecution(execution).withThreads(threads);
        try (Model model = source.load()) {
            int alone = ParallelRollouts.threadsOfOne(model, threads);
            PolicyWeights weights = PolicyWeights.initial(
                    new PolicySpec(
                            model.info().embeddingLength(), width, 4, HORIZON, 16, false, .1, ActionGrid.defaultGrid()),
                    1);
            List<WorkItem> items = items(model.tokenizer().size());
            double[] ratios = new double[rounds];
            try (TimedRollouts together = ParallelRollouts.timed(model, options.withLanes(lanes), null);
                    TimedRollouts single =
                            new ModelRollouts(model, options.withLanes(1).withThreads(alone), null)) {
                for (int round = -1; round < rounds; round++) {
                    double batched = rate(together, items, weights);
                    // a whole round of single schedules would take ten times as long
                    double one = rate(single, items.subList(0, Math.max(1, inputs / 8)), weights);
                    if (round >= 0) {
                        ratios[round] = batched / one;
                        out.println(String.format(
                                Locale.ROOT,
                                "%d × %d schedules: %.0f tokens/s; one at a time: %.0f tokens/s; ratio %.2f",
                                inputs,
                                schedules,
                                batched,
                                one,
                                ratios[round]));
                        out.flush();
                    }
                }
            }
            Arrays.sort(ratios);
            out.println(String.format(
                    Locale.ROOT,
                    "median ratio %.2f (%.2f to %.2f)",
                    (ratios[(rounds - 1) / 2] + ratios[rounds / 2]) / 2,
                    ratios[0],
                    ratios[rounds - 1]));
        }
        return ExitCode.OK;
    }

    /** Random tokens: timing does not depend on them. */
    private List<WorkItem> items(int vocabulary) {
        SplittableRandom random = new SplittableRandom(1);
        List<WorkItem> items = new ArrayList<>();
        for (int id = 0; id < inputs; id++) {
            int[] tokens = random.ints(prefix + HORIZON + 1L, 0, vocabulary).toArray();
            items.add(new WorkItem(id, tokens, prefix, TARGET, null, 0, id));
        }
        return items;
    }

    /** Tokens a second, prefixes aside. */
    private double rate(TimedRollouts rollouts, List<WorkItem> items, PolicyWeights weights) {
        long before = rollouts.stepNanos();
        rollouts.run(items, weights, TEMPERATURE, schedules);
        return 1e9 * items.size() * schedules * HORIZON / (rollouts.stepNanos() - before);
    }
}
