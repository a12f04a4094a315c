package dev.sol.runtime.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.UserCache;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufValue;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sol bench --server}: our server against llama-server of the same source. {@code docs/benchmarks.md} says what is measured. */
@picocli.CommandLine.Command(
        name = "bench --server",
        description =
                "Measures our server against llama-server, the same source without our patches: both hold the same model and"
                        + " take turns with the same load, with the same number of threads and slots. Random weights are of Q4_0.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class ServerBenchCommand implements Callable<Integer> {
    @Mixin
    private BenchOptions options = new BenchOptions();

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
        CommandSpec command = Objects.requireNonNull(spec, "set by picocli");
        PrintWriter out = command.commandLine().getOut();
        Path model = options.synthetic().map(ServerBenchCommand::random).orElseGet(options::model);
        int vocabulary = vocabulary(model);
        int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        int slots = Collections.max(clients);
        Servers servers = new Servers(model, used, slots, promptTokens + tokens);
        List<String> stockCommand = servers.stock();
        List<String> oursCommand = servers.ours();
        Results results = new Results(model, used);
        results.write(); // a file that cannot be written is told before hours of measuring
        out.printf(
                "%s%n%s, %d threads, %d slots, prompts of %d tokens, %d tokens each%n",
                Machine.here(), name(model), used, slots, promptTokens, tokens);
        out.flush();
        try (ServerProcess stock = ServerProcess.start(stockCommand);
                ServerProcess ours = ServerProcess.start(oursCommand)) {
            Load machine = new Load(List.of(stock.handle(), ours.handle()));
            double before = new Quiet.OfMachine(machine, options.force()).first();
            new ServerContest(
                            new ServerLoad(requests, promptTokens, tokens),
                            clients,
                            budget,
                            rounds,
                            vocabulary,
                            machine)
                    .run(stock, ours, command.commandLine().getErr(), results::add);
            out.printf(
                    Locale.ROOT,
                    "busy processors: %.2f before, up to %.2f of others meanwhile%n",
                    before,
                    results.rows.stream().mapToDouble(ServerRow::others).max().orElse(0));
        }
        ServerRow.print(results.rows, out);
        out.flush();
        return 0;
    }

    private void check() {
        BenchOptions.requireAtLeast("requests", requests, 1);
        BenchOptions.requireAtLeast("prompt", promptTokens, 1);
        BenchOptions.requireAtLeast("tokens", tokens, 1);
        BenchOptions.requireAtLeast("rounds", rounds, 1);
        BenchOptions.requireAtLeast("threads", threads, 0);
        clients.forEach(each -> BenchOptions.requireAtLeast("clients", each, 1));
        if (!(budget > 0 && budget <= 1)) {
            throw RequestException.invalid("budget", "--budget must be above 0 and at most 1, not " + budget);
        }
    }

    private static Path random(Shape shape) {
        return SyntheticFile.model(shape, WeightType.of("q4_0"))
                .withVocabulary()
                .make(UserCache.folder("bench"));
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

    /** What was measured so far. */
    private final class Results {
        final List<ServerRow> rows = new ArrayList<>();
        private final ObjectNode root = JsonNodeFactory.instance.objectNode();
        private final ArrayNode array;

        Results(Path model, int threads) {
            root.put("format", "sol-bench-server-1");
            root.put("machine", Machine.here().toString()).put("model", name(model));
            root.putObject("options")
                    .put("threads", threads)
                    .put("requests", requests)
                    .put("prompt_tokens", promptTokens)
                    .put("tokens", tokens)
                    .put("rounds", rounds)
                    .put("budget", budget);
            this.array = root.putArray("rows");
        }

        void add(List<ServerRow> more) {
            rows.addAll(more);
            more.forEach(row -> array.add(row.json()));
            write();
        }

        void write() {
            options.json().ifPresent(file -> BenchJson.write(root, file));
        }
    }
}
