package dev.sol.trainer.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.io.AtomicFile;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.grpo.EpisodePlan;
import dev.sol.trainer.grpo.Trainer;
import dev.sol.trainer.grpo.TrainingState;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * A training run: from its checkpoint, or from nothing, to a policy file. At any moment the process can be killed; the same run then
 * goes on from the checkpoint, and its policy has the bits that it would have had.
 *
 * <p>Beside the policy {@code OUT} there are {@code OUT.checkpoint}, and the metrics in {@code OUT.csv} and {@code OUT.tfevents}; at
 * the end {@code OUT.svg} has the learning curves. One thread, but for {@link #stop}.
 */
final class TrainingRun {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final TrainConfig config;
    private final Environment environment;
    private final Path out;
    private final InstantSource clock;
    private volatile boolean stopped;

    /** @param clock for the metrics and the time between checkpoints */
    TrainingRun(TrainConfig config, Environment environment, Path out, InstantSource clock) {
        this.config = config;
        this.environment = environment;
        this.out = out;
        this.clock = clock;
    }

    /** A file beside the policy. */
    static Path beside(Path out, String suffix) {
        return out.resolveSibling(out.getFileName() + suffix);
    }

    /** Ends the run after a checkpoint of the last whole update. Any thread. */
    void stop() {
        stopped = true;
        environment.cancel();
    }

    /**
     * Trains, and writes the policy.
     *
     * @param restart whether a checkpoint that there is, is to be forgotten
     * @return the last state
     * @throws RequestException if the checkpoint is another run's, or the output cannot be written
     * @throws CancellationException if the run was stopped; its checkpoint is written
     */
    TrainingState run(boolean restart, Listener listener) throws IOException {
        Path file = beside(out, ".checkpoint");
        if (restart) {
            Files.deleteIfExists(file);
        }
        ObjectNode settings = settings();
        Checkpoint checkpoint = new Checkpoint(file);
        Optional<TrainingState> kept = checkpoint.read(settings);
        kept.ifPresent(this::requireNotBeyond);
        List<UpdateMetrics> history = kept.map(TrainingState::history).orElse(List.of());
        PolicySpec spec = config.network().spec(environment.embedding());
        TrainingState state;
        // The files first: hours are not lost for a folder that cannot be written.
        try (MetricsFile csv = MetricsFile.open(beside(out, ".csv"), new MetricsCsv(), history);
                MetricsFile events = MetricsFile.open(beside(out, ".tfevents"), new EventFormat(), history);
                Trainer trainer = trainer(spec)) {
            if (kept.isPresent()) {
                state = kept.get();
            } else {
                state = start(trainer, spec, listener);
            }
            listener.started(state.update(), config.updates(), kept.isPresent());
            state = train(trainer, state, checkpoint, settings, metrics -> {
                csv.add(metrics);
                events.add(metrics);
                listener.updated(metrics);
            });
        }
        if (config.validationWindows() > 0) {
            listener.finishing();
        }
        writePolicy(state, spec);
        AtomicFile.write(
                beside(out, ".svg"),
                Curves.svg(String.valueOf(out.getFileName()), state.history()).getBytes(UTF_8));
        return state;
    }

    private TrainingState start(Trainer trainer, PolicySpec spec, Listener listener) {
        if (config.validationWindows() > 0) {
            listener.measuring();
        }
        TrainingState state = trainer.start(
                PolicyWeights.initial(spec, config.recipe().episodes().seed()));
        double difference = state.best().difference();
        if (!Double.isNaN(difference)) {
            listener.measured(difference);
        }
        return state;
    }

    private Trainer trainer(PolicySpec spec) {
        return new Trainer(
                spec, config.recipe(), environment.texts(), environment.rollouts(), environment.validation(), clock);
    }

    private void requireNotBeyond(TrainingState state) {
        if (state.update() > config.updates()) {
            throw RequestException.invalid(
                    "updates",
                    "the checkpoint of %s has %d updates already, more than the %d asked for; --restart starts over"
                            .formatted(out, state.update(), config.updates()));
        }
    }

    private TrainingState train(
            Trainer trainer, TrainingState start, Checkpoint checkpoint, ObjectNode settings, MetricsConsumer metrics)
            throws IOException {
        TrainingState state = start;
        Instant written = clock.instant();
        try {
            while (state.update() < config.updates()) {
                if (stopped) {
                    throw new CancellationException();
                }
                state = trainer.update(state, state.update() + 1 == config.updates());
                metrics.accept(state.history().getLast());
                if (Duration.between(written, clock.instant()).compareTo(config.checkpointEvery()) >= 0) {
                    checkpoint.write(settings, state);
                    written = clock.instant();
                }
            }
        } finally {
            // Also after what is no fault of the state's: Ctrl-C, a full disk that has room again.
            checkpoint.write(settings, state);
        }
        return state;
    }

    /** Metrics go to files. */
    @FunctionalInterface
    private interface MetricsConsumer {
        void accept(UpdateMetrics metrics) throws IOException;
    }

    private ObjectNode settings() {
        ObjectNode settings = JsonNodeFactory.instance.objectNode();
        settings.set("config", config.identity());
        settings.setAll(environment.identity());
        return settings;
    }

    private void writePolicy(TrainingState state, PolicySpec spec) throws IOException {
        EpisodePlan episodes = config.recipe().episodes();
        TrainingState.Best best = state.best();
        Map<String, Object> provenance = new LinkedHashMap<>();
        provenance.put("updates", state.update());
        provenance.put("best_update", best.update());
        if (!Double.isNaN(best.difference())) {
            provenance.put("validation", best.difference());
        }
        provenance.put("settings", MAPPER.convertValue(settings(), Object.class));
        PolicyFile.Header header = new PolicyFile.Header(
                new PolicyFile.Targets(episodes.lowest(), episodes.highest()),
                environment.split(),
                environment.model(),
                provenance);
        new PolicyFile(state.bestPolicy(spec), header).write(out);
    }

    /** Is told how far it is. */
    interface Listener {
        /** The policy to start from is measured on the validation set, before anything else. */
        void measuring();

        /** What that gave: {@link dev.sol.trainer.grpo.Validation#difference}. */
        void measured(double difference);

        /**
         * It begins.
         *
         * @param update where it starts, or goes on
         */
        void started(long update, long updates, boolean resumed);

        void updated(UpdateMetrics metrics);

        /** All updates are done; static splits are measured for the policy file. */
        void finishing();
    }
}
