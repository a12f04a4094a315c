package dev.sol.trainer.train;

import dev.sol.trainer.cli.TerminalBar;
import dev.sol.trainer.grpo.Metric;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Shows how far a run is: a bar on a terminal, else a line now and then. */
final class TrainProgress implements TrainingRun.Listener, AutoCloseable {
    private static final int WIDTH = 150;
    private static final long LINES_NANOS = Duration.ofSeconds(15).toNanos();
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int MANY_SECONDS = 90;

    private final PrintWriter err;
    private final boolean terminal;
    private final LongSupplier nanos;
    private @Nullable TerminalBar bar;
    private long first;
    private long updates;
    private long start;
    private long told;

    /**
     * Shows nothing until the run has started.
     *
     * @param terminal whether {@code err} is one
     * @param nanos a clock such as {@link System#nanoTime}
     */
    TrainProgress(PrintWriter err, boolean terminal, LongSupplier nanos) {
        this.err = err;
        this.terminal = terminal;
        this.nanos = nanos;
    }

    @Override
    public void measuring() {
        err.println("train: measuring uniform and the start on the validation set");
        err.flush();
    }

    @Override
    public void measured(double difference) {
        err.println(validation(0, difference));
        err.flush();
    }

    @Override
    public void started(long update, long all, boolean resumed) {
        first = update;
        updates = all;
        start = nanos.getAsLong();
        told = start;
        if (resumed) {
            err.println("train: going on after update %d of %d".formatted(update, all));
        }
        if (terminal && update < all) {
            bar = new TerminalBar(err, "train", update, all, " updates", WIDTH);
        }
        err.flush();
    }

    @Override
    public void updated(UpdateMetrics metrics) {
        double difference = metrics.get(Metric.VALIDATION);
        if (bar != null) {
            bar.step(1);
            bar.message(figures(metrics));
            if (!Double.isNaN(difference)) {
                bar.aside(() -> err.println(validation(metrics.update(), difference)));
            }
            return;
        }
        long now = nanos.getAsLong();
        boolean last = metrics.update() == updates;
        if (last || now - told >= LINES_NANOS || metrics.update() == first + 1) {
            told = now;
            err.println("[%d/%d] %s%s"
                    .formatted(metrics.update(), updates, figures(metrics), last ? "" : left(metrics.update(), now)));
        }
        if (!Double.isNaN(difference)) {
            err.println(validation(metrics.update(), difference));
        }
        err.flush();
    }

    @Override
    public void finishing() {
        Runnable line = () -> err.println("train: finding the best static splits of the model");
        if (bar != null) {
            bar.aside(line);
        } else {
            line.run();
        }
        err.flush();
    }

    private static String figures(UpdateMetrics metrics) {
        return String.format(
                Locale.ROOT,
                "loss %.4f, reward %.4f, attn %.2f/%.2f, mlp %.2f/%.2f, bits %.1f/%.1f, entropy %.2f",
                metrics.get(Metric.LOSS),
                metrics.get(Metric.REWARD),
                metrics.get(Metric.ATTN),
                metrics.get(Metric.ATTN_AIM),
                metrics.get(Metric.MLP),
                metrics.get(Metric.MLP_AIM),
                metrics.get(Metric.BITS),
                metrics.get(Metric.BITS_AIM),
                metrics.get(Metric.ENTROPY));
    }

    private static String validation(long update, double difference) {
        return String.format(
                Locale.ROOT, "update %d: validation loss %+.5f nats per token against uniform", update, difference);
    }

    private String left(long update, long now) {
        double seconds = (double) (now - start) / NANOS_PER_SECOND * (updates - update) / (update - first);
        return seconds < MANY_SECONDS
                ? "; %d s left".formatted(Math.round(seconds))
                : "; %d min left".formatted(Math.round(seconds / 60));
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
        err.flush();
    }
}
