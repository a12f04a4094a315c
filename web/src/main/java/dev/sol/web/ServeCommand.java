package dev.sol.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.Configurable;
import dev.sol.runtime.cli.EngineOptions;
import dev.sol.runtime.cli.PolicyChoices;
import dev.sol.runtime.engine.CompletionEngine;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.openai.RequestLimits;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol serve}: the HTTP API, until the process is told to stop (SIGTERM, Ctrl-C).
 * Listens before it loads the model, so that a port in use is known at once and probes find out that it is loading.
 */
@picocli.CommandLine.Command(
        name = "serve",
        description = "Serves an OpenAI-style HTTP API.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class ServeCommand implements Callable<Integer>, Configurable {
    /** What was accepted may go on for so long after the signal to stop. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** After this time the process ends in any case. */
    private static final Duration LIMIT = GRACE.plusSeconds(5);

    @Option(
            names = "--host",
            paramLabel = "NAME",
            defaultValue = ServerOptions.DEFAULT_HOST,
            description = "Name or address to listen on. Default: ${DEFAULT-VALUE}.")
    private String host = "";

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "" + ServerOptions.DEFAULT_PORT,
            description = "Port to listen on; 0: any that is free. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--policy",
            paramLabel = "NAME|FILE",
            split = ",",
            description =
                    "Who spends the budget of a request that does not say: uniform, random, entropy, drift, dense,"
                            + " or a learned policy's file (.safetensors). May be given several times, or with commas: requests ask for a learned"
                            + " policy by its file's name without the ending, and the first one is the default."
                            + " Default: uniform.")
    private List<String> policies = List.of();

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "" + CompletionEngine.DEFAULT_QUEUE_CAPACITY,
            description = "How many requests may wait while one is completed. Default: ${DEFAULT-VALUE}.")
    private int queue;

    @Option(
            names = "--max-body",
            paramLabel = "BYTES",
            defaultValue = "" + ServerOptions.DEFAULT_MAX_BODY,
            description = "The largest request body. Default: ${DEFAULT-VALUE}.")
    private long maxBody;

    @Mixin
    private LimitOptions limits = new LimitOptions();

    @Mixin
    private AccessOptions access = new AccessOptions();

    @Mixin
    private EngineOptions engine = new EngineOptions();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "A JSON object with options, without their dashes: {\"port\": 9000}. The environment (SOL_PORT) comes"
                            + " before it, the command line before both.")
    @SuppressWarnings("UnusedVariable") // it is read before the options are: see configOf
    private @Nullable Path config;

    @Option(names = "--print-config", description = "Print the values of all options as such a file, and end.")
    private boolean printConfig;

    @Spec
    private @Nullable CommandSpec spec;

    private final Map<String, String> environment;
    private Settings settings = Settings.NONE;

    /** For the environment of the process. */
    public ServeCommand() {
        this(System.getenv());
    }

    ServeCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new ServeCommand(), arguments);
    }

    @Override
    public Defaults defaults(CommandSpec options, String... arguments) {
        List<String> given = List.of(arguments);
        if (!given.contains("--help") && !given.contains("-h")) {
            settings = Settings.of(options, environment, configOf(given));
        }
        return settings;
    }

    private static @Nullable String configOf(List<String> arguments) {
        String file = null;
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.startsWith("--config=")) {
                file = argument.substring("--config=".length());
            } else if (argument.equals("--config") && i + 1 < arguments.size()) {
                file = arguments.get(i + 1);
            }
        }
        return file;
    }

    @Override
    public Integer call() throws InterruptedException, JsonProcessingException {
        CommandLine line = Objects.requireNonNull(spec, "set by picocli").commandLine();
        PrintWriter out = line.getOut();
        PrintWriter err = line.getErr();
        if (printConfig) {
            ConfigPrinter.print(line.getParseResult(), settings, out, err);
            return ExitCode.OK;
        }
        ServerOptions options = ServerOptions.DEFAULT
                .withHost(host)
                .withPort(port)
                .withMaxBodyBytes(maxBody)
                .withAccess(access.access())
                .withTls(access.tls());
        RequestLimits most = limits.limits();
        PolicyRegistry known = PolicyChoices.registry(
                policies, engine.model(), engine.contextOptions().knobs());
        try (StopSignal signal = StopSignal.install();
                SolServer server = SolServer.listen(options);
                CompletionEngine running = engine.open(queue, err);
                Chats chats = Chats.of(running.model())) {
            server.serve(Serving.of(engine.modelId(), running, chats, known, most));
            out.println(Banner.line(
                    server.uri(),
                    engine.modelId(),
                    running.layers(),
                    running.contextLength(),
                    running.execution(),
                    known.defaultPolicy().name()));
            signal.await(LIMIT);
            server.drain();
            running.close(GRACE);
        }
        return ExitCode.OK;
    }
}
