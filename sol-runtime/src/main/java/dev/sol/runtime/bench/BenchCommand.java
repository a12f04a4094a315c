package dev.sol.runtime.bench;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.KvType;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.UserCache;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.KnobArguments;
import dev.sol.runtime.cli.KvTypeArgument;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol bench}: how long a single-token decode takes, against stock llama.cpp. {@code docs/benchmarks.md} says what is measured
 * and how.
 */
@picocli.CommandLine.Command(
        name = "bench",
        description =
                "Times single-token decodes against stock llama.cpp, the same source without our patches: both take turns in"
                        + " one run, on the same model, without mmap, with the same number of threads.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class BenchCommand implements Callable<Integer> {
    /** System property: the program that {@code native-llama/build.sh bench} prints. Set by the launcher. */
    static final String PROGRAM_PROPERTY = "sol.bench.stock";

    private static final int DEFAULT_DEPTH = 4096;
    private static final List<String> STEPS = List.of("dense@0", "dense", "attn.25", "mlp.5@0", "attn.25+mlp.5");
    private static final int PAGE = 16; // of positions; depths that are not asked for are whole pages

    @Mixin
    private BenchOptions options = new BenchOptions();

    @Option(
            names = "--predictor",
            paramLabel = "FILE",
            description = "The model's gate predictor, for cases with predicted gates.")
    private @Nullable Path predictor;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "The type of the random weights: f16, bf16, q8_0, q4_0, q4_k or q6_k. Default: q4_0.")
    private @Nullable String type;

    @Option(
            names = "--cases",
            paramLabel = "CASE",
            split = ",",
            description =
                    "What to measure: dense@DEPTH, attn.25@DEPTH, mlp.5@DEPTH, attn.25+mlp.5@DEPTH, ffn.5, with any"
                            + " shares; mlp.5p, ffn.5p: with predicted gates; cost: how far off the cost model is."
                            + " Without a depth: that of --depth. Default: dense@0, dense, attn.25, mlp.5@0,"
                            + " attn.25+mlp.5, cost, and for random weights ffn.5, ffn.25, ffn.5p, ffn.25p.")
    private String @Nullable [] cases;

    @Option(
            names = "--depth",
            paramLabel = "N",
            description = "Positions in the KV cache. Default: 4096, or what fits the model's context.")
    private @Nullable Integer depth;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Threads of both; 0: one for each processor, for tiny models a single one. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "11",
            description = "Rounds, in which both sides take turns. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Decodes of each side in a round, whose median counts; 0: as many as take a fifth of a second, at least "
                            + Rounds.LEAST_STEPS + ". Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Mixin
    private KnobArguments knobs = new KnobArguments();

    @Mixin
    private KvTypeArgument kvType = new KvTypeArgument();

    @Option(
            names = "--stock-pool",
            description =
                    "Stock keeps its threads, polling for work between operations and decodes, as llama.cpp's own tools"
                            + " let it. Otherwise it makes them for each decode, the library's default, as ours does.")
    private boolean stockPool;

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public BenchCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new BenchCommand(), arguments);
    }

    @Override
    public Integer call() throws InterruptedException {
        BenchOptions.requireAtLeast("rounds", rounds, 1);
        BenchOptions.requireAtLeast("steps", steps, 0);
        BenchOptions.requireAtLeast("threads", threads, 0);
        Optional<Shape> synthetic = options.synthetic();
        if (synthetic.isEmpty() && type != null) {
            throw RequestException.invalid("type", "--type is of the random weights of --synthetic");
        }
        if (synthetic.isPresent() && predictor != null) {
            throw RequestException.invalid("predictor", "--synthetic comes with a predictor of its own");
        }
        Plan plan = synthetic.map(this::planOfShape).orElseGet(this::planOfFile);
        CommandSpec command = Objects.requireNonNull(spec, "set by picocli");
        return new BenchRun(
                        plan,
                        BenchOptions.program(PROGRAM_PROPERTY, "what `native-llama/build.sh bench` prints"),
                        options.force(),
                        options.json(),
                        command.commandLine().getOut(),
                        command.commandLine().getErr(),
                        hasTerminal())
                .run();
    }

    private Plan planOfFile() {
        Path model = options.model();
        Optional<Path> gates = Optional.ofNullable(predictor);
        Footprint footprint = footprint(model, gates);
        List<BenchCase> all = cases(deepest(footprint), List.of());
        if (all.stream().anyMatch(each -> each.kind() == BenchCase.Kind.FFN)) {
            throw RequestException.invalid(
                    "cases", "FFNs alone are measured by a model without them, which there is for --synthetic only");
        }
        if (predictor == null && all.stream().anyMatch(BenchCase::predicted)) {
            throw RequestException.invalid("cases", "predicted gates need the model's --predictor");
        }
        return plan(name(model), all, footprint, _ -> Subject.of(name(model), model, gates));
    }

    private static Footprint footprint(Path model, Optional<Path> gates) {
        try {
            return Footprint.of(model, gates);
        } catch (IOException e) {
            throw RequestException.invalid("model", String.valueOf(e.getMessage()));
        }
    }

    private Plan planOfShape(Shape shape) {
        Subject.Synthetic files = Subject.Synthetic.of(shape, WeightType.of(type == null ? "q4_0" : type));
        List<BenchCase> all = cases(DEFAULT_DEPTH, List.of("ffn.5", "ffn.25", "ffn.5p", "ffn.25p"));
        Subject.Needs needs = new Subject.Needs(
                all.stream().anyMatch(each -> each.kind() == BenchCase.Kind.FFN),
                all.stream().anyMatch(BenchCase::predicted));
        return plan(
                files.model().name(),
                all,
                files.footprint(needs),
                say -> files.make(UserCache.folder("bench"), needs, say));
    }

    private Plan plan(String name, List<BenchCase> all, Footprint footprint, Plan.Source source) {
        int deepest = all.stream().mapToInt(BenchCase::depth).max().orElseThrow();
        if (footprint.context() > 0 && deepest >= footprint.context()) {
            throw RequestException.invalid(
                    "depth",
                    "the model was trained with a context of %d tokens, %d and one more do not fit"
                            .formatted(footprint.context(), deepest));
        }
        boolean cost = cases == null || List.of(cases).contains(CostRow.NAME);
        if (cost && all.stream().noneMatch(CostRow::isKnown)) {
            throw RequestException.invalid(
                    "cases", "cost compares the cost model with steps with exact gates, and there is no such case");
        }
        int cells = OurSide.cells(deepest);
        int used = threads == 0 ? footprint.threads(Runtime.getRuntime().availableProcessors()) : threads;
        KvType kv = kvType.kvType();
        ContextOptions context = ContextOptions.DEFAULT
                .withContextLength(cells)
                .withBatchSize(OurSide.SEED_TOKENS, OurSide.SEED_TOKENS)
                .withMaxSequences(OurSide.SEQUENCES)
                .withThreads(used)
                .withKvType(kv)
                .withExecution(Execution.SKIP);
        return new Plan(
                name,
                all,
                cost,
                rounds,
                steps,
                footprint.memory(cells, kv == KvType.F16 ? Short.BYTES : 34 / 32.0),
                new Contest.Terms(used, stockPool, cells, kv.key()),
                context,
                knobs.knobs(),
                source);
    }

    private int deepest(Footprint footprint) {
        long most = footprint.context() == 0 ? DEFAULT_DEPTH : footprint.context() - 1;
        return (int) Math.min(DEFAULT_DEPTH, most / PAGE * PAGE);
    }

    private List<BenchCase> cases(int defaultDepth, List<String> more) {
        int common = depth == null ? defaultDepth : depth;
        BenchOptions.requireAtLeast("depth", common, 0);
        Stream<String> names = cases == null ? Stream.concat(STEPS.stream(), more.stream()) : Arrays.stream(cases);
        List<BenchCase> all = names.filter(name -> !name.equals(CostRow.NAME))
                .map(name -> BenchCase.parse(name, common))
                .distinct()
                .toList();
        if (all.isEmpty()) {
            throw RequestException.invalid("cases", "--cases names nothing to measure");
        }
        return all;
    }

    private static String name(Path model) {
        return String.valueOf(model.getFileName()).replaceFirst("\\.gguf$", "");
    }

    @SuppressWarnings("SystemConsoleNull") // JDK 25 went back to a console that is null without a terminal
    private static boolean hasTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
