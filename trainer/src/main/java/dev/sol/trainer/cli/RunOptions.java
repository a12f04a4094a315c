package dev.sol.trainer.cli;

import dev.sol.trainer.stats.PairedBootstrap;
import picocli.CommandLine.Option;

/** The options of whoever measures with a model: how many threads it has, and what random choices come from. A picocli mixin. */
public final class RunOptions {
    /** The exit code of a command that Ctrl-C ended. */
    public static final int INTERRUPTED = 130;

    private static final int RESAMPLES = 10_000;
    private static final double CONFIDENCE = .95;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Threads; 0: one for each processor, for tiny models a single one. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of all random choices; the same seed and input give the same results."
                    + " Default: ${DEFAULT-VALUE}.")
    private long seed;

    /** For picocli, which fills in the options. */
    public RunOptions() {}

    /** Of the model; 0 = automatic. */
    public int threads() {
        return threads;
    }

    /** Of all that is random. */
    public long seed() {
        return seed;
    }

    /** How intervals are made. */
    public PairedBootstrap bootstrap() {
        return new PairedBootstrap(RESAMPLES, CONFIDENCE, seed);
    }
}
