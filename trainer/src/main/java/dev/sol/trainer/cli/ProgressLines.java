package dev.sol.trainer.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A line for each cell, and for every half minute of a longer one, with the time that is left: for logs. For one thread. */
public final class ProgressLines implements Progress {
    private static final long INTERVAL = TimeUnit.SECONDS.toNanos(30);

    private final PrintWriter err;
    private final LongSupplier nanos;
    private String current = "";
    private int cells;
    private int doneCells;
    private long tokens;
    private long doneTokens;
    private long start;
    private long told;

    /** @param nanos a clock */
    public ProgressLines(PrintWriter err, LongSupplier nanos) {
        this.err = err;
        this.nanos = nanos;
    }

    @Override
    public void start(int allCells, long allTokens) {
        cells = allCells;
        tokens = allTokens;
        start = nanos.getAsLong();
        told = start;
    }

    @Override
    public void begin(String id) {
        current = id;
    }

    @Override
    public void step(int scored) {
        doneTokens += scored;
        if (nanos.getAsLong() - told > INTERVAL) {
            tell("under way" + left());
        }
    }

    @Override
    public void end(String result) {
        doneCells++;
        tell(doneCells == cells ? result : result + left());
    }

    private void tell(String what) {
        told = nanos.getAsLong();
        err.println("[%d/%d] %s: %s".formatted(doneCells, cells, current, what));
        err.flush();
    }

    private String left() {
        long left = doneTokens == 0
                ? 0
                : (long) ((nanos.getAsLong() - start) * Math.max(0, tokens - doneTokens) / (double) doneTokens);
        long seconds = TimeUnit.NANOSECONDS.toSeconds(left);
        return seconds < 90
                ? "; %d s left".formatted(seconds)
                : String.format(Locale.ROOT, "; %d min left", Math.round(seconds / 60.0));
    }

    @Override
    public void skip(int skippedCells, long skippedTokens) {
        cells -= skippedCells;
        tokens -= skippedTokens;
    }

    @Override
    public void expect(long moreTokens) {
        tokens += moreTokens;
    }

    @Override
    public void aside(Runnable print) {
        print.run();
    }

    @Override
    public void close() {
        err.flush();
    }
}
