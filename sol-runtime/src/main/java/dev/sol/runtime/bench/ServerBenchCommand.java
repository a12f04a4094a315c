package dev.sol.runtime.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.UserCache;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufValue;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sol bench --server}: our server against llama-server of the same source. {@code docs/benchmarks.md} says what is measured. */
@picocli.CommandLine.Command(
        name = "bench --server",
        description =
                "Measures our server against llama-server, the same source without our patches: both hold the same model and"
                        + " take turns with the same load, with the same number of threads and slots.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class ServerBenchCommand implements Callable<Integer> {
    /** System property: the program that {@code native-llama/build.sh server} prints. Set by the launcher. */
    static final String STOCK_PROPERTY = "sol.bench.server";

    /** System property: the launcher, which starts our server. */
    static final String OURS_PROPERTY = "sol.bench.launcher";

    private static final int PAGE = 256; // llama-server rounds contexts up to this

    @Option(names = "--model", paramLabel = "FILE", description = "A GGUF file. Without it: the small embedded model.")
    private @Nullable Path file;

    @Option(
            names = "--synthetic",
            paramLabel = "SHAPE",
            description = "Rather than a file, random weights in the shape of llama-1b, llama-3b or llama-8b, in Q4_0.")
    private @Nullable String synthetic;

    @Option(
            names = "--clients",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,4,16",
            description = "Users at once. Default: ${DEFAULT-VALUE}.")
    private List<Integer> clients = List.of();

    @Option(
            names = "--budget",
            paramLabel = "X",
            defaultValue = "0.5",
            description = "The net keep rate of our server's second turn. Default: ${DEFAULT-VALUE}.")
    private double budget;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "2",
            description = "Requests of each user in a round, one after the other. Default: ${DEFAULT-VALUE}.")
    private int requests;

    @Option(
            names = "--prompt",
            paramLabel = "N",
            defaultValue = "64",
            description = "Tokens of each prompt. Default: ${DEFAULT-VALUE}.")
    private int promptTokens;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "64",
            description = "Tokens that each request generates. Default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Rounds, in which all take turns. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads of both servers; 0: one for each processor. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results here.")
    private @Nullable Path json;

    @Option(names = "--force", description = "Measure on a busy machine, too.")
    private boolean force;

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public ServerBenchCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new ServerBenchCommand(), arguments);
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        check();
        PrintWriter out =
                Objects.requireNonNull(spec, "set by picocli").commandLine().getOut();
        Path model = model();
        int vocabulary = vocabulary(model);
        int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        int slots = Collections.max(clients);
        out.printf(
                "%s%n%s, %d threads, %d slots, prompts of %d tokens, %d tokens each%n",
                Machine.here(), name(model), used, slots, promptTokens, tokens);
        out.flush();
        List<ServerRow> rows;
        try (ServerProcess stock = ServerProcess.start(stock(model, used, slots));
                ServerProcess ours = ServerProcess.start(ours(model, used, slots))) {
            Load machine = new Load(List.of(stock.handle(), ours.handle()));
            double before = new Quiet.OfMachine(machine, force).first();
            rows = new ServerContest(
                            new ServerLoad(requests, promptTokens, tokens),
                            clients,
                            budget,
                            rounds,
                            vocabulary,
                            machine)
                    .run(stock, ours, spec.commandLine().getErr());
            out.printf(
                    Locale.ROOT,
                    "busy processors: %.2f before, up to %.2f of others meanwhile%n",
                    before,
                    rows.stream().mapToDouble(ServerRow::others).max().orElse(0));
        }
        ServerRow.print(rows, out);
        out.flush();
        if (json != null) {
            write(json, model, used, rows);
        }
        return 0;
    }

    private void check() {
        if (synthetic != null && file != null) {
            throw RequestException.invalid("model", "--model and --synthetic exclude each other");
        }
        requirePositive("requests", requests);
        requirePositive("prompt", promptTokens);
        requirePositive("tokens", tokens);
        requirePositive("rounds", rounds);
        clients.forEach(each -> requirePositive("clients", each));
        if (!(budget > 0 && budget <= 1)) {
            throw RequestException.invalid("budget", "--budget must be above 0 and at most 1, not " + budget);
        }
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) {
            throw RequestException.invalid(option, "--%s must be at least 1, not %d".formatted(option, value));
        }
    }

    private Path model() {
        if (synthetic != null) {
            SyntheticFile made = SyntheticFile.model(Shape.of(synthetic), WeightType.of("q4_0"))
                    .withVocabulary();
            return made.make(UserCache.folder("bench"));
        }
        Path model = file == null ? EmbeddedModel.file() : file;
        if (!Files.isRegularFile(model)) {
            throw RequestException.invalid("model", "there is no file " + model);
        }
        return model;
    }

    private static int vocabulary(Path model) throws IOException {
        try (GgufFile gguf = GgufFile.open(model)) {
            return gguf.metadata("tokenizer.ggml.tokens")
                    .map(GgufValue::length)
                    .orElseThrow(
                            () -> RequestException.invalid("model", model + " has no tokenizer, which servers need"));
        }
    }

    private static String name(Path model) {
        return String.valueOf(model.getFileName());
    }

    /** Cells that all slots need together. */
    private int cells(int slots) {
        int each = Math.ceilDiv(promptTokens + tokens, PAGE) * PAGE;
        return each * slots;
    }

    private List<String> stock(Path model, int used, int slots) {
        List<String> command = new ArrayList<>(List.of(program(STOCK_PROPERTY, "native-llama/build.sh server")));
        Collections.addAll(command, "--model", model.toString(), "--host", "127.0.0.1");
        Collections.addAll(command, "--threads", String.valueOf(used), "--threads-batch", String.valueOf(used));
        Collections.addAll(command, "--parallel", String.valueOf(slots), "--ctx-size", String.valueOf(cells(slots)));
        Collections.addAll(
                command, "--load-mode", "none", "--cache-ram", "0", "--threads-http", String.valueOf(slots + 2));
        return command;
    }

    private List<String> ours(Path model, int used, int slots) {
        List<String> command = new ArrayList<>(List.of(program(OURS_PROPERTY, "./sol"), "serve"));
        Collections.addAll(command, "--model", model.toString(), "--threads", String.valueOf(used));
        Collections.addAll(command, "--parallel", String.valueOf(slots), "--no-mmap");
        if (cells(slots) > ContextOptions.DEFAULT_CONTEXT) {
            Collections.addAll(command, "--ctx", String.valueOf(cells(slots)));
        }
        return command;
    }

    private static String program(String property, String source) {
        String program = System.getProperty(property, "");
        if (program.isEmpty() || !Files.isExecutable(Path.of(program))) {
            throw new BenchException("`./sol bench --server` builds what is measured; elsewhere -D%s= names it: %s"
                    .formatted(property, source));
        }
        return program;
    }

    private void write(Path target, Path model, int used, List<ServerRow> rows) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode().put("format", "sol-bench-server-1");
        root.put("machine", Machine.here().toString()).put("model", name(model));
        root.putObject("options")
                .put("threads", used)
                .put("requests", requests)
                .put("prompt_tokens", promptTokens)
                .put("tokens", tokens)
                .put("rounds", rounds)
                .put("budget", budget);
        var array = root.putArray("rows");
        rows.forEach(row -> array.add(row.json()));
        Files.writeString(target, root.toPrettyString() + "\n");
    }
}
