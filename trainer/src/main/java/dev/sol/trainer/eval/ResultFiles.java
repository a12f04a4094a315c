package dev.sol.trainer.eval;

/** The names of files in a result folder. */
public final class ResultFiles {
    /** Settings, rows, and cells to go on from. */
    public static final String RESULTS = "results.json";

    /** The {@code format} of it. */
    public static final String FORMAT = "sol-eval-2";

    /** What every random draw lost. */
    public static final String SEARCHES = "searches.csv";

    /** The first window, token by token. */
    public static final String TRACE = "trace.csv";

    /** How often each value was given to tokens of a class. */
    public static final String CLASSES = "classes.csv";

    /** Rows of texts, flat. */
    static final String ROWS = "rows.csv";

    /** Rows of tasks, flat. */
    static final String TASKS = "tasks.csv";

    /** The folder of what is kept of every token. */
    static final String TOKENS = "tokens";

    private ResultFiles() {}
}
