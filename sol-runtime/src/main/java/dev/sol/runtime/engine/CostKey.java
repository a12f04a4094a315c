package dev.sol.runtime.engine;

import dev.sol.bindings.NativeLibrary;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.cost.Calibration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** All that the time of a decode step depends on, in words: the model, the native library, the machine, and the context. */
final class CostKey {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    private CostKey() {}

    static String of(Model model, ContextOptions options) {
        ModelInfo info = model.info();
        ModelOptions how = model.options();
        return String.join(
                "\n",
                "model: %s, %s, %d weights in %d bytes"
                        .formatted(file(model.file()), info.description(), info.parameters(), info.sizeBytes()),
                "loaded: %d layers on a GPU, mmap %s, predictor %s"
                        .formatted(how.gpuLayers(), how.mmap(), file(how.predictor())),
                "native: " + NativeLibrary.load().id(),
                "machine: %s, %d processors"
                        .formatted(processor(), Runtime.getRuntime().availableProcessors()),
                // how long the KV cache may become does not matter to a step, nor do batches and sequences
                "context: %d threads, flash attention %s, %s, %s, MLPs %s, %s"
                        .formatted(
                                InferenceContext.threads(options, info),
                                options.flashAttention(),
                                options.kvType(),
                                options.execution(),
                                options.skipMlp(),
                                options.knobs()),
                "measured: up to %d positions"
                        .formatted(Calibration.capacity(InferenceContext.contextLength(options, info))));
    }

    /** By size and time: nobody wants to wait until gigabytes are hashed. */
    private static String file(@Nullable Path file) {
        if (file == null) {
            return "none";
        }
        try {
            return "%d bytes of %s".formatted(Files.size(file), Files.getLastModifiedTime(file));
        } catch (IOException e) { // it was there when it was loaded
            return "a file that is gone";
        }
    }

    private static String processor() {
        try {
            return Files.readAllLines(PROCESSORS).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElseGet(CostKey::platform);
        } catch (IOException e) { // not Linux
            return platform();
        }
    }

    private static String platform() {
        return System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }
}
