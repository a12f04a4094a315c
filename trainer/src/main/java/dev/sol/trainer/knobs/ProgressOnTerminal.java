package dev.sol.trainer.knobs;

import java.io.PrintWriter;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar with the time that is left, redrawn in its line. */
final class ProgressOnTerminal implements Progress {
    private static final int WIDTH = 100;
    private static final int INTERVAL_MILLIS = 500;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter err;
    private @Nullable ProgressBar bar;

    ProgressOnTerminal(PrintWriter err) {
        this.err = err;
    }

    @Override
    public void start(int cells, long tokens) {
        if (cells > 0) {
            bar = new ProgressBarBuilder()
                    .setTaskName("knobs")
                    .setInitialMax(tokens)
                    .setUnit(" tokens", 1)
                    .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                    .setUpdateIntervalMillis(INTERVAL_MILLIS)
                    .setConsumer(new DelegatingProgressBarConsumer(this::draw, WIDTH))
                    .build();
        }
    }

    /** Called by the bar's own thread. */
    private synchronized void draw(String text) {
        err.print(CLEAR_LINE + text.strip());
        err.flush();
    }

    @Override
    public void begin(String id) {
        if (bar != null) {
            bar.setExtraMessage(id);
        }
    }

    @Override
    public void step(int tokens) {
        if (bar != null) {
            bar.stepBy(tokens);
        }
    }

    @Override
    public void end(String result) {}

    @Override
    public void skip(int cells, long tokens) {
        if (bar != null) {
            bar.maxHint(bar.getMax() - tokens);
        }
    }

    @Override
    public synchronized void aside(Runnable print) {
        clear();
        print.run();
    }

    private void clear() {
        err.print(CLEAR_LINE);
        err.flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close(); // draws once more
        }
        synchronized (this) {
            clear();
        }
    }
}
