package dev.sol.trainer.cli;

import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with the time that is left, redrawn in its line. One thread, beside the bar's own. */
public final class TerminalBar implements AutoCloseable {
    private static final int INTERVAL_MILLIS = 500;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter err;
    private final ProgressBar bar;

    /**
     * Shows a bar.
     *
     * @param err of the terminal
     * @param name what is under way
     * @param done how much of it was done before
     * @param all how much there is, with that
     * @param unit of both, with a space in front
     * @param width characters, at most
     */
    public TerminalBar(PrintWriter err, String name, long done, long all, String unit, int width) {
        this.err = err;
        this.bar = new ProgressBarBuilder()
                .setTaskName(name)
                .setInitialMax(all)
                .startsFrom(done, Duration.ZERO)
                .setUnit(unit, 1)
                .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
                .setUpdateIntervalMillis(INTERVAL_MILLIS)
                .setConsumer(new DelegatingProgressBarConsumer(this::draw, width))
                .build();
    }

    /** Called by the bar's own thread. */
    private synchronized void draw(String text) {
        err.print(CLEAR_LINE + text.strip());
        err.flush();
    }

    /** What stands behind the bar. */
    public void message(String text) {
        bar.setExtraMessage(text);
    }

    /** So much more is done. */
    public void step(long units) {
        bar.stepBy(units);
    }

    /** So much need not be done. */
    public void skip(long units) {
        bar.maxHint(bar.getMax() - units);
    }

    /** Runs what prints to the same screen. */
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
        bar.close(); // draws once more
        synchronized (this) {
            clear();
        }
    }
}
