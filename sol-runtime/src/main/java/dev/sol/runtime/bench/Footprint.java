package dev.sol.runtime.bench;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.GgufValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a model takes of the machine: stock and ours are loaded at once, since they take turns.
 *
 * @param context tokens that it was trained with; 0 if unknown
 * @param parameters number of weights
 * @param weights their bytes
 * @param down bytes of the down projections, which ours has a second time
 * @param kvElements keys and values of one position, in all layers; 0 if unknown
 * @param bare bytes of the model without FFNs
 * @param predictor bytes of the gate predictor
 */
record Footprint(long context, long parameters, long weights, long down, long kvElements, long bare, long predictor) {
    /** Java, compute buffers, and something for the rest of the system. */
    private static final long MARGIN = 1L << 29;

    /** Stock and ours have a KV cache each, and filling one takes copies. */
    private static final int KV_COPIES = 3;

    /**
     * Of a file.
     *
     * @throws IOException if it cannot be read as a GGUF
     */
    static Footprint of(Path file, Optional<Path> predictor) throws IOException {
        try (GgufFile gguf = GgufFile.open(file)) {
            String architecture = gguf.metadata("general.architecture")
                    .map(GgufValue::asString)
                    .orElse("");
            long heads = number(gguf, architecture + ".attention.head_count");
            long kvHeads = number(gguf, architecture + ".attention.head_count_kv");
            long headSize = number(gguf, architecture + ".attention.key_length");
            if (headSize == 0 && heads > 0) {
                headSize = number(gguf, architecture + ".embedding_length") / heads;
            }
            long layers = number(gguf, architecture + ".block_count");
            return new Footprint(
                    number(gguf, architecture + ".context_length"),
                    gguf.tensors().stream().mapToLong(GgufTensor::elements).sum(),
                    gguf.tensors().stream().mapToLong(GgufTensor::bytes).sum(),
                    gguf.tensors().stream()
                            .filter(tensor -> tensor.name().contains("ffn_down"))
                            .mapToLong(GgufTensor::bytes)
                            .sum(),
                    2 * layers * (kvHeads > 0 ? kvHeads : heads) * headSize,
                    0,
                    predictor.isPresent() ? Files.size(predictor.get()) : 0);
        }
    }

    /** The greatest, where layers have their own; 0 without one. */
    private static long number(GgufFile gguf, String key) {
        return gguf.metadata(key)
                .map(value -> Arrays.stream(value.asLongs()).max().orElse(0))
                .orElse(0L);
    }

    /** Threads that a program would get that does not ask for a number. */
    int threads(int processors) {
        return parameters < ContextOptions.SINGLE_THREAD_PARAMETERS ? 1 : processors;
    }

    /**
     * Bytes of memory that a run takes.
     *
     * @param cells positions that the KV caches hold
     * @param bytesPerElement of keys and values
     */
    long memory(int cells, double bytesPerElement) {
        long kv = (long) (kvElements * bytesPerElement * cells);
        return 2 * weights + down + bare + predictor + KV_COPIES * kv + MARGIN;
    }

    /**
     * @param available bytes; empty if unknown
     * @throws BenchException if it does not fit
     */
    static void check(String name, long needed, OptionalLong available) {
        if (available.isPresent() && needed > available.getAsLong()) {
            throw new BenchException(
                    "%s needs %s of memory, as stock llama.cpp and ours have it loaded at once; %s are available"
                            .formatted(name, Bytes.text(needed), Bytes.text(available.getAsLong())));
        }
    }
}
