package dev.sol.runtime.bench;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Shows how far it is, with the time that is left: on a terminal in a line that is redrawn, elsewhere a line for each case. */
final class Progress {
    private static final String CLEAR_LINE = "\r\033[K";
    private static final long LONG_SECONDS = 90;

    private final PrintWriter err;
    private final boolean terminal;
    private final int cases;
    private final int rounds;
    private final LongSupplier nanos;
    private String name = "";
    private int caseNumber;
    private int doneRounds;
    private long start;

    /**
     * @param terminal whether somebody watches
     * @param rounds of each case
     * @param nanos a clock
     */
    Progress(PrintWriter err, boolean terminal, int cases, int rounds, LongSupplier nanos) {
        this.err = err;
        this.terminal = terminal;
        this.cases = cases;
        this.rounds = rounds;
        this.nanos = nanos;
    }

    /** Another case begins. */
    void begin(String id) {
        if (caseNumber == 0) {
            start = nanos.getAsLong();
        }
        name = id;
        caseNumber++;
        if (terminal) {
            draw();
        } else {
            err.println("[%d/%d] %s%s".formatted(caseNumber, cases, name, left()));
            err.flush();
        }
    }

    /** Another round of it is done. */
    void round() {
        doneRounds++;
        if (terminal) {
            draw();
        }
    }

    private void draw() {
        int round = Math.max(0, doneRounds - (caseNumber - 1) * rounds);
        err.print("%s[%d/%d] %s: %d of %d rounds%s"
                .formatted(CLEAR_LINE, caseNumber, cases, name, round, rounds, left()));
        err.flush();
    }

    private String left() {
        if (doneRounds == 0) {
            return "";
        }
        double each = (nanos.getAsLong() - start) / (double) doneRounds;
        long seconds = TimeUnit.NANOSECONDS.toSeconds((long) (each * (cases * rounds - doneRounds)));
        return seconds < LONG_SECONDS
                ? "; %d s left".formatted(seconds)
                : "; %d min left".formatted(Math.ceilDiv(seconds, 60));
    }

    /** Makes room for what is printed to the same screen. */
    void clear() {
        if (terminal) {
            err.print(CLEAR_LINE);
            err.flush();
        }
    }
}
