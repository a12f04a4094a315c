package dev.sol.trainer.prepare;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Says how far a phase is and how long it will take: on a terminal in one line that is overwritten, elsewhere in a line every half
 * minute. Any thread.
 */
final class Progress {
    private static final long TERMINAL_NANOS = Duration.ofMillis(200).toNanos();
    private static final long LINES_NANOS = Duration.ofSeconds(30).toNanos();
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter err;
    private final boolean terminal;
    private final LongSupplier nanos;
    private String phase = "";
    private double total;
    private double done;
    private long started;
    private long told;

    /** @param nanos a clock such as {@link System#nanoTime} */
    Progress(PrintWriter err, boolean terminal, LongSupplier nanos) {
        this.err = err;
        this.terminal = terminal;
        this.nanos = nanos;
    }

    /** Starts a phase of {@code steps} steps. */
    synchronized void begin(String name, double steps) {
        phase = name;
        total = steps;
        done = 0;
        started = nanos.getAsLong();
        told = started;
    }

    /** So much more is done. */
    synchronized void step(double steps) {
        done += steps;
        long now = nanos.getAsLong();
        if (now - told < (terminal ? TERMINAL_NANOS : LINES_NANOS)) {
            return;
        }
        told = now;
        double left = (double) (now - started) * (total - done) / Math.max(done, 1e-9);
        print("%s: %d%%, %s left".formatted(phase, Math.round(100 * done / total), time(left)));
    }

    /** Ends the phase. */
    synchronized void end() {
        if (terminal) {
            err.print(CLEAR_LINE);
        }
        err.println("%s: %s".formatted(phase, time((double) (nanos.getAsLong() - started))));
        err.flush();
    }

    /** Makes room for something else that is printed. */
    synchronized void clear() {
        if (terminal) {
            err.print(CLEAR_LINE);
            err.flush();
        }
    }

    private void print(String line) {
        if (terminal) {
            err.print(CLEAR_LINE + line);
        } else {
            err.println(line);
        }
        err.flush();
    }

    private static String time(double nanos) {
        long seconds = Math.round(nanos / 1e9);
        return seconds < 100 ? seconds + " s" : String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60);
    }
}
