package dev.sol.trainer.knobs;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A line for each cell, with the time that is left: for logs. */
final class ProgressLines implements Progress {
    private final PrintWriter err;
    private final LongSupplier nanos;
    private String current = "";
    private int cells;
    private int doneCells;
    private long tokens;
    private long doneTokens;
    private long start;

    /** @param nanos a clock */
    ProgressLines(PrintWriter err, LongSupplier nanos) {
        this.err = err;
        this.nanos = nanos;
    }

    @Override
    public void start(int allCells, long allTokens) {
        cells = allCells;
        tokens = allTokens;
        start = nanos.getAsLong();
    }

    @Override
    public void begin(String id) {
        current = id;
    }

    @Override
    public void step(int scored) {
        doneTokens += scored;
    }

    @Override
    public void end(String result) {
        doneCells++;
        long left = doneTokens == 0
                ? 0
                : (long) ((nanos.getAsLong() - start) * (tokens - doneTokens) / (double) doneTokens);
        err.println(
                "[%d/%d] %s: %s%s".formatted(doneCells, cells, current, result, doneCells == cells ? "" : left(left)));
    }

    private static String left(long nanos) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(nanos);
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
    public void aside(Runnable print) {
        print.run();
    }

    @Override
    public void close() {
        err.flush();
    }
}
