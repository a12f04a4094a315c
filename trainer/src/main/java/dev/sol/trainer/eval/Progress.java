package dev.sol.trainer.eval;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Says how far the evaluation is and how long it will take: on a terminal in one line that is overwritten, elsewhere in a line every
 * half minute. For one thread.
 */
final class Progress {
    private static final long TERMINAL_NANOS = Duration.ofMillis(200).toNanos();
    private static final long LINES_NANOS = Duration.ofSeconds(30).toNanos();
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter err;
    private final boolean terminal;
    private final LongSupplier nanos;
    private final long started;
    private String current = "";
    private String block = "";
    private long total;
    private long done;
    private long told;

    /** @param nanos a clock such as {@link System#nanoTime} */
    Progress(PrintWriter err, boolean terminal, LongSupplier nanos) {
        this.err = err;
        this.terminal = terminal;
        this.nanos = nanos;
        this.started = nanos.getAsLong();
        this.told = started;
    }

    /** There are so many more tokens to score. */
    void expect(long tokens) {
        total += tokens;
    }

    /** So many tokens need not be scored. */
    void skip(long tokens) {
        total -= tokens;
    }

    /** What the next ones have in common, such as a budget. */
    void block(String name) {
        block = name;
    }

    /** Something else of the block is measured. */
    void begin(String name) {
        current = name;
    }

    /** So many more are scored. */
    void step(int tokens) {
        done += tokens;
        long now = nanos.getAsLong();
        if (now - told < (terminal ? TERMINAL_NANOS : LINES_NANOS)) {
            return;
        }
        told = now;
        double left = (double) (now - started) * Math.max(0, total - done) / Math.max(done, 1);
        String line = "%s%s: %d%%, %s left"
                .formatted(block, current, Math.round(100.0 * done / Math.max(total, 1)), time(left));
        if (terminal) {
            err.print(CLEAR_LINE + line);
        } else {
            err.println(line);
        }
        err.flush();
    }

    /** Makes room for something else that is printed. */
    void clear() {
        if (terminal) {
            err.print(CLEAR_LINE);
            err.flush();
        }
    }

    private static String time(double nanos) {
        long seconds = Math.round(nanos / 1e9);
        return seconds < 100 ? seconds + " s" : String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60);
    }
}
