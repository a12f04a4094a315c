package dev.sol.runtime.gguf;

import dev.sol.bindings.FileType;
import dev.sol.bindings.NativeLibraryException;
import dev.sol.bindings.Sol;
import dev.sol.bindings.SolException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** llama.cpp's quantisation of whole models. The only class here that needs the native library. */
public final class Quantisation {
    private Quantisation() {}

    /** What most tensors of a file may be quantised to: {@code F16}, {@code Q8_0}, …. */
    public static List<String> types() {
        return Arrays.stream(FileType.values()).map(FileType::name).toList();
    }

    /**
     * Writes a model quantised.
     *
     * @param in F32, F16 or BF16
     * @param out overwritten; after a failure it may hold a part
     * @param type one of {@link #types}, in either case
     * @param threads 0: one for each processor
     * @throws IllegalArgumentException if there is no such type
     * @throws IOException if it fails; the message says why
     */
    public static void run(Path in, Path out, String type, int threads) throws IOException {
        FileType wanted = FileType.valueOf(type.toUpperCase(Locale.ROOT));
        try {
            Sol.quantize(in, out, wanted, threads);
        } catch (SolException | NativeLibraryException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
