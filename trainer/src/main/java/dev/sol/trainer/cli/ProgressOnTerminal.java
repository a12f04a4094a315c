package dev.sol.trainer.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** A bar with the time that is left. */
final class ProgressOnTerminal implements Progress {
    private static final int WIDTH = 100;

    private final String command;
    private final PrintWriter err;
    private @Nullable TerminalBar bar;

    ProgressOnTerminal(String command, PrintWriter err) {
        this.command = command;
        this.err = err;
    }

    @Override
    public void start(int cells, long tokens) {
        if (cells > 0) {
            bar = new TerminalBar(err, command, 0, tokens, " tokens", WIDTH);
        }
    }

    @Override
    public void begin(String id) {
        if (bar != null) {
            bar.message(id);
        }
    }

    @Override
    public void step(int tokens) {
        if (bar != null) {
            bar.step(tokens);
        }
    }

    @Override
    public void end(String result) {}

    @Override
    public void skip(int cells, long tokens) {
        if (bar != null) {
            bar.skip(tokens);
        }
    }

    @Override
    public void expect(long tokens) {
        if (bar != null) {
            bar.skip(-tokens);
        }
    }

    @Override
    public void aside(Runnable print) {
        if (bar != null) {
            bar.aside(print);
        } else {
            print.run();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
