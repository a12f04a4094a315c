package dev.sol.trainer.train;

import dev.sol.trainer.grpo.UpdateMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Consumer;

/** A training run of the toy world, as a program that can be killed. Arguments: where to, and how many updates. */
final class ToyTraining {
    private ToyTraining() {}

    public static void main(String... arguments) throws IOException {
        TrainConfig config = TrainConfig.of(ToyEnvironment.config(Integer.parseInt(arguments[1])));
        try (ToyEnvironment toy = new ToyEnvironment("toy")) {
            new TrainingRun(config, toy, Path.of(arguments[0]), Clock.systemUTC()).run(false, new Quiet());
        }
    }

    /** Tells nobody but {@code listener}. */
    record Quiet(Consumer<UpdateMetrics> listener) implements TrainingRun.Listener {
        Quiet() {
            this(_ -> {});
        }

        @Override
        public void measuring() {}

        @Override
        public void measured(double difference) {}

        @Override
        public void started(long update, long updates, boolean resumed) {}

        @Override
        public void updated(UpdateMetrics metrics) {
            listener.accept(metrics);
        }

        @Override
        public void finishing() {}
    }
}
