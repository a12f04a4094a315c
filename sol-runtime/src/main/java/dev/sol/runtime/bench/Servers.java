package dev.sol.runtime.bench;

import dev.sol.runtime.ContextOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How the servers are started that hold a model.
 *
 * @param slots requests that each answers at once
 * @param tokens that a slot has room for, at least: those of a prompt and its answer
 */
record Servers(Path model, int threads, int slots, int tokens) {
    /** System property: the program that {@code native-llama/build.sh server} prints. Set by the launcher. */
    static final String STOCK_PROPERTY = "sol.bench.server";

    /** System property: the launcher, which starts our server. */
    static final String OURS_PROPERTY = "sol.bench.launcher";

    private static final int PAGE = 256; // llama-server rounds contexts up to this

    /** The command of llama-server. */
    List<String> stock() {
        List<String> command = command(STOCK_PROPERTY, "what `native-llama/build.sh server` prints");
        Collections.addAll(command, "--model", model.toString(), "--host", "127.0.0.1");
        Collections.addAll(command, "--threads", String.valueOf(threads), "--threads-batch", String.valueOf(threads));
        Collections.addAll(command, "--parallel", String.valueOf(slots), "--ctx-size", String.valueOf(cells()));
        Collections.addAll(
                command, "--load-mode", "none", "--cache-ram", "0", "--threads-http", String.valueOf(slots + 2));
        return command;
    }

    /** The command of ours. */
    List<String> ours() {
        List<String> command = command(OURS_PROPERTY, "the launcher, ./sol");
        Collections.addAll(command, "serve", "--model", model.toString(), "--threads", String.valueOf(threads));
        Collections.addAll(command, "--parallel", String.valueOf(slots), "--no-mmap");
        if (cells() > ContextOptions.DEFAULT_CONTEXT) {
            Collections.addAll(command, "--ctx", String.valueOf(cells()));
        }
        return command;
    }

    private static List<String> command(String property, String what) {
        return new ArrayList<>(List.of(BenchOptions.program(property, what).toString()));
    }

    /** Cells that all slots need together. */
    private int cells() {
        return Math.ceilDiv(tokens, PAGE) * PAGE * slots;
    }
}
