package dev.sol.trainer.cli;

import java.io.Console;

/** Where progress is shown. */
public final class Terminal {
    private Terminal() {}

    /** Whether the process has one, so that a line can be redrawn; otherwise output is a log. */
    @SuppressWarnings("SystemConsoleNull") // JDK 25 went back to a console that is null without a terminal
    public static boolean isThere() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
