package dev.sol.runtime.cli;

import dev.sol.runtime.hub.DownloadProgress;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows how a download goes: on a terminal in a line that is redrawn, elsewhere in a line for each tenth. */
final class DownloadLine implements DownloadProgress, AutoCloseable {
    private static final String CLEAR_LINE = "\r\033[K";
    private static final int TENTHS = 10;

    private final PrintWriter err;
    private final boolean terminal;
    private String shownFile = "";
    private int shown = -1;

    /** @param terminal whether somebody watches */
    DownloadLine(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public void at(String file, long done, long total) {
        int steps = terminal ? TENTHS * 100 : TENTHS;
        int step = total == 0 ? steps : (int) (done * (double) steps / total);
        if (!file.equals(shownFile) || step != shown) {
            shownFile = file;
            shown = step;
            show(String.format(
                    Locale.ROOT,
                    "downloading %s: %.1f of %.1f MB (%d%%)",
                    file,
                    done / 1e6,
                    total / 1e6,
                    step * 100 / steps));
        }
    }

    private void show(String line) {
        if (terminal) {
            err.print(CLEAR_LINE + line);
        } else {
            err.println(line);
        }
        err.flush();
    }

    /** Leaves the terminal's line empty. */
    @Override
    public void close() {
        if (terminal && shown >= 0) {
            err.print(CLEAR_LINE);
            err.flush();
        }
    }
}
