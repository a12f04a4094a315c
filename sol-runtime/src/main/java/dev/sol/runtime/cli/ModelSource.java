package dev.sol.runtime.cli;

import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.UserCache;
import dev.sol.runtime.hub.Hub;
import dev.sol.runtime.hub.HubModel;
import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that say which model, and how it is loaded. A picocli mixin. */
public final class ModelSource {
    private static final String TOKEN = "SOL_HUB_TOKEN";

    @Option(
            names = "--model",
            paramLabel = "FILE|hf:OWNER/REPO[:QUANT]",
            description =
                    "A GGUF file, or a model of a hub, which is downloaded once. Without it: the small embedded model.")
    private @Nullable String model;

    @Option(
            names = "--hub",
            paramLabel = "URL",
            defaultValue = "${env:SOL_HUB}",
            description = "The base URL of the hub that models are downloaded from; a token for it is read from the"
                    + " environment variable " + TOKEN + ". Default: that in SOL_HUB, or none.")
    private @Nullable String hub;

    @Option(
            names = "--no-mmap",
            description = "Read the model into memory rather than map its file: slower to start, steadier in speed.")
    private boolean noMmap;

    @Option(
            names = "--n-gpu-layers",
            paramLabel = "N",
            defaultValue = "-1",
            description = "Layers kept in GPU memory; -1: as many as fit. Without a GPU: ignored."
                    + " Default: ${DEFAULT-VALUE}.")
    private int gpuLayers;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    private @Nullable Path found;

    /** For picocli, which fills in the options. */
    public ModelSource() {}

    /** Whether it is the embedded model. */
    public boolean isEmbedded() {
        return model == null;
    }

    /**
     * The model's name in requests and responses: the file's, without {@code .gguf}. Downloads the model if need be.
     *
     * @throws dev.sol.runtime.RequestException as {@link #file}
     */
    public String id() {
        if (model == null) {
            return EmbeddedModel.ID;
        }
        String name = String.valueOf(file().getFileName());
        return name.endsWith(".gguf") ? name.substring(0, name.length() - ".gguf".length()) : name;
    }

    /**
     * The file of the model; the embedded one is unpacked, one of a hub downloaded.
     *
     * @throws dev.sol.runtime.RequestException if the hub has no such model, or does not give it to us
     * @throws dev.sol.runtime.hub.HubException if it cannot be downloaded
     */
    public Path file() {
        Path file = found;
        if (file == null) {
            file = find();
            found = file;
        }
        return file;
    }

    private Path find() {
        if (model == null) {
            return EmbeddedModel.file();
        }
        if (!HubModel.isOne(model)) {
            return Path.of(model);
        }
        HubModel wanted = HubModel.parse(model);
        try (DownloadLine line = new DownloadLine(err(), hasTerminal())) {
            return new Hub(UserCache.folder("models"), hub, System.getenv(TOKEN)).fetch(wanted, line);
        }
    }

    @SuppressWarnings("SystemConsoleNull") // JDK 25 went back to a console that is null without a terminal
    private static boolean hasTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private PrintWriter err() {
        return Objects.requireNonNull(command, "set by picocli").commandLine().getErr();
    }

    /**
     * How the model is to be loaded.
     *
     * @throws dev.sol.runtime.RequestException if an option is out of range
     */
    public ModelOptions options() {
        return new ModelOptions(gpuLayers, !noMmap);
    }

    /**
     * Loads the model, which the caller closes.
     *
     * @throws dev.sol.runtime.RequestException if an option is out of range
     * @throws dev.sol.runtime.ModelException if the file cannot be used
     */
    public Model load() {
        ModelOptions options = options(); // a wrong one is told before the embedded model is unpacked
        return Model.load(file(), options);
    }
}
