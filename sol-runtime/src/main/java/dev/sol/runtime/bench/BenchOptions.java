package dev.sol.runtime.bench;

import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.RequestException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of all benchmarks against stock: what model is measured, and where the results go. A picocli mixin. */
final class BenchOptions {
    @Option(names = "--model", paramLabel = "FILE", description = "A GGUF file. Without it: the small embedded model.")
    private @Nullable Path file;

    @Option(
            names = "--synthetic",
            paramLabel = "SHAPE",
            description = "Rather than a file, random weights in the shape of llama-1b, llama-3b or llama-8b.")
    private @Nullable String synthetic;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results here, whenever there is one.")
    private @Nullable Path json;

    @Option(names = "--force", description = "Measure on a busy machine, too.")
    private boolean force;

    /**
     * The shape of random weights; empty: {@link #model} is measured.
     *
     * @throws RequestException if there is no such shape, or a file is named as well
     */
    Optional<Shape> synthetic() {
        if (synthetic != null && file != null) {
            throw RequestException.invalid("model", "--model and --synthetic exclude each other");
        }
        return Optional.ofNullable(synthetic).map(Shape::of);
    }

    /**
     * The model's file.
     *
     * @throws RequestException if there is none
     */
    Path model() {
        Path model = file == null ? EmbeddedModel.file() : file;
        if (!Files.isRegularFile(model)) {
            throw RequestException.invalid("model", "there is no file " + model);
        }
        return model;
    }

    /** For the results. */
    Optional<Path> json() {
        return Optional.ofNullable(json);
    }

    /** Whether to measure on a busy machine, too. */
    boolean force() {
        return force;
    }

    /** @throws RequestException if the value of an option is too small */
    static void requireAtLeast(String option, int value, int least) {
        if (value < least) {
            throw RequestException.invalid(option, "--%s must be at least %d, not %d".formatted(option, least, value));
        }
    }

    /**
     * A program that is measured, as the launcher names it.
     *
     * @param property the system property that has its path
     * @param what it is, for whoever starts this without the launcher
     * @throws BenchException if it is not there
     */
    static Path program(String property, String what) {
        String program = System.getProperty(property, "");
        if (program.isEmpty() || !Files.isExecutable(Path.of(program))) {
            throw new BenchException(
                    "`./sol bench` builds what is measured, and elsewhere -D%s= names %s".formatted(property, what));
        }
        return Path.of(program);
    }
}
