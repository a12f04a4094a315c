package dev.sol.trainer.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.Interruption;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.trainer.cli.Terminal;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.TokenizedCorpus;
import dev.sol.trainer.grpo.TrainingState;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
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

/** {@code sol train}: trains a policy for a model. See {@link TrainingRun} for what it writes. */
@picocli.CommandLine.Command(
        name = "train",
        description =
                "Trains a policy for a model: a small network that decides how much compute each token gets. What was"
                        + " interrupted, by whatever, goes on when the same command is given again.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class TrainCommand implements Callable<Integer> {
    private static final int INTERRUPTED = 130;

    /** A checkpoint of a large policy on a slow disk, after the decode that runs. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final double MEGA = 1e6;

    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            required = true,
            arity = "1..*",
            description =
                    "Texts to train on: UTF-8, plain or .xz; documents are separated by lines <|endoftext|>. 5 %% of the"
                            + " documents are held out.")
    private List<Path> corpora = List.of();

    @Option(
            names = "--out",
            paramLabel = "FILE",
            required = true,
            description =
                    "Where the policy goes. Beside it: FILE.checkpoint, metrics in FILE.csv and FILE.tfevents, learning"
                            + " curves in FILE.svg.")
    private Path out = Path.of("");

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            defaultValue = "small",
            description =
                    "small: for the embedded model, in less than half an hour on 2 cores. fine: for larger models."
                            + " paper-2l, paper-3l, paper-full: the paper's. Default: ${DEFAULT-VALUE}.")
    private String preset = "";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "JSON with what is to be different from the preset; docs/training.md has the keys.")
    private @Nullable Path config;

    @Option(names = "--seed", paramLabel = "N", description = "In place of the configuration's.")
    private @Nullable Long seed;

    @Option(names = "--updates", paramLabel = "N", description = "In place of the configuration's.")
    private @Nullable Integer updates;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads of the model; for tiny models, so many roll out at a time, each on one thread."
                    + " 0: one for each processor. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--restart", description = "Forget the checkpoint, and start over.")
    private boolean restart;

    @Mixin
    private ModelSource source = new ModelSource();

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public TrainCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new TrainCommand(), arguments);
    }

    @Override
    public Integer call() throws IOException {
        TrainConfig settings = settings();
        checkOut();
        List<Corpus> texts = corpora.stream().map(Corpus::new).toList();
        texts.forEach(Corpus::check); // a missing file is told before a large model is loaded
        CommandLine line = Objects.requireNonNull(spec, "set by picocli").commandLine();
        Session session = new Session();
        try (Interruption _ = Interruption.of(PATIENCE, session::stop)) {
            return train(settings, texts, session, line.getOut(), line.getErr());
        }
    }

    private TrainConfig settings() {
        ObjectNode json = ConfigFile.preset(preset);
        if (config != null) {
            ConfigFile.putFile(config, json);
        }
        if (seed != null) {
            json.put("seed", seed);
        }
        if (updates != null) {
            json.put("updates", updates);
        }
        if (threads < 0) {
            throw RequestException.invalid("threads", "--threads must not be negative, but is " + threads);
        }
        return TrainConfig.of(json);
    }

    private void checkOut() {
        Path folder = out.toAbsolutePath().getParent();
        if (out.getFileName() == null || Files.isDirectory(out)) {
            throw RequestException.invalid("out", out + " is a folder; --out is a file");
        }
        if (folder != null && !Files.isDirectory(folder)) {
            throw RequestException.invalid("out", "there is no folder " + folder);
        }
    }

    private int train(TrainConfig settings, List<Corpus> texts, Session session, PrintWriter stdout, PrintWriter err)
            throws IOException {
        try (ModelEnvironment environment = ModelEnvironment.open(source, settings, texts, threads, session)) {
            TrainingRun run = new TrainingRun(settings, environment, out, Clock.systemUTC());
            session.use(run);
            TrainingState state;
            try (TrainProgress progress = new TrainProgress(err, Terminal.isThere(), System::nanoTime)) {
                state = run.run(restart, progress);
            }
            report(state, stdout);
            return ExitCode.OK;
        } catch (CancellationException e) {
            err.println("train: interrupted; the same command goes on from where it was");
            return INTERRUPTED;
        }
    }

    private void report(TrainingState state, PrintWriter stdout) throws IOException {
        stdout.printf(
                "%s: %s MB, %s%n",
                out, String.format(Locale.ROOT, "%.1f", Files.size(out) / MEGA), kept(state.best(), state.update()));
    }

    /** Which policy it is, and what is known of it. */
    static String kept(TrainingState.Best best, long updates) {
        if (Double.isNaN(best.difference())) {
            return "after update %d of %d; nothing was measured, as validation.windows is 0"
                    .formatted(best.update(), updates);
        }
        String difference = String.format(
                Locale.ROOT,
                "validation loss %+.5f nats per token against uniform at equal realised means",
                best.difference());
        return best.update() == 0
                ? "the static start: no update of %d that was measured is better; %s".formatted(updates, difference)
                : "after update %d of %d, the best of those measured; %s".formatted(best.update(), updates, difference);
    }

    /** Ctrl-C, in whatever phase the command is. */
    private static final class Session implements TokenizedCorpus.Listener {
        private volatile boolean stopped;
        private @Nullable TrainingRun run; // guarded by this

        synchronized void use(TrainingRun started) {
            run = started;
            if (stopped) {
                started.stop();
            }
        }

        synchronized void stop() {
            stopped = true;
            if (run != null) {
                run.stop();
            }
        }

        @Override
        public boolean cancelled() {
            return stopped;
        }
    }
}
