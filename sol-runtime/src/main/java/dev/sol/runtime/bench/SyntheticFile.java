package dev.sol.runtime.bench;

import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.GgufValue;
import dev.sol.runtime.gguf.GgufWriter;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A GGUF file with random weights: how long a decode takes does not depend on their values.
 *
 * @param name of the file, without what says its kind
 * @param metadata in order
 * @param tensors in order; F32 ones, the norms, are 1
 */
record SyntheticFile(String name, Map<String, GgufValue> metadata, List<GgufTensor> tensors) {
    /** Changes with the content: older files are not used any more. */
    private static final int VERSION = 1;

    /** Prime, so that no two rows begin with the same block: their scores differ, and what is chosen lies everywhere. */
    private static final int POOL_BLOCKS = 65_537;

    private static final int PREDICTOR_VERSION = 1;
    private static final String ARCHITECTURE = "llama";
    private static final String VOCABULARY_KEY = "llama.vocab_size";

    /**
     * A Llama without a tokenizer. What llama-quantize keeps in another type, it has in that type here.
     */
    static SyntheticFile model(Shape shape, WeightType type) {
        Map<String, GgufValue> metadata = new LinkedHashMap<>();
        metadata.put("general.architecture", GgufValue.string(ARCHITECTURE));
        metadata.put("general.name", GgufValue.string("synthetic " + shape.id()));
        metadata.put("general.file_type", GgufValue.uint32(type.fileType()));
        metadata.put(VOCABULARY_KEY, GgufValue.uint32(shape.vocabulary()));
        metadata.put("llama.context_length", GgufValue.uint32(shape.context()));
        metadata.put("llama.embedding_length", GgufValue.uint32(shape.embedding()));
        metadata.put("llama.block_count", GgufValue.uint32(shape.layers()));
        metadata.put("llama.feed_forward_length", GgufValue.uint32(shape.ffn()));
        metadata.put("llama.attention.head_count", GgufValue.uint32(shape.heads()));
        metadata.put("llama.attention.head_count_kv", GgufValue.uint32(shape.kvHeads()));
        metadata.put("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-5f));
        metadata.put("llama.rope.dimension_count", GgufValue.uint32(shape.headSize()));
        metadata.put("llama.rope.freq_base", GgufValue.float32(500_000));
        metadata.put("tokenizer.ggml.model", GgufValue.string("no_vocab"));
        return new SyntheticFile(shape.id() + "-" + type.id(), metadata, modelTensors(shape, type));
    }

    /** The same with a tokenizer, which servers want. */
    SyntheticFile withVocabulary() {
        Map<String, GgufValue> all = new LinkedHashMap<>(metadata);
        GgufValue size = Objects.requireNonNull(metadata.get(VOCABULARY_KEY), "every model has it");
        all.putAll(Vocabulary.ofSize((int) size.asLong()));
        return new SyntheticFile(name + "-vocab", all, tensors);
    }

    private static List<GgufTensor> modelTensors(Shape shape, WeightType type) {
        TensorType weights = type.type();
        TensorType output = type.ofOutput().type();
        int embedding = shape.embedding();
        int queries = shape.heads() * shape.headSize();
        int keys = shape.kvHeads() * shape.headSize();
        List<GgufTensor> all = new ArrayList<>();
        all.add(matrix("token_embd", shape.tied() ? output : weights, embedding, shape.vocabulary()));
        all.add(norm("output_norm", embedding));
        if (!shape.tied()) {
            all.add(matrix("output", output, embedding, shape.vocabulary()));
        }
        for (int i = 0; i < shape.layers(); i++) {
            String layer = "blk." + i + ".";
            all.add(norm(layer + "attn_norm", embedding));
            all.add(matrix(layer + "attn_q", weights, embedding, queries));
            all.add(matrix(layer + "attn_k", weights, embedding, keys));
            all.add(matrix(layer + "attn_v", weights, embedding, keys));
            all.add(matrix(layer + "attn_output", weights, queries, embedding));
            all.add(norm(layer + "ffn_norm", embedding));
            all.add(matrix(layer + "ffn_gate", weights, embedding, shape.ffn()));
            all.add(matrix(layer + "ffn_up", weights, embedding, shape.ffn()));
            all.add(matrix(layer + "ffn_down", weights, shape.ffn(), embedding));
        }
        return all;
    }

    /** A gate predictor for such a model, of a rank of an eighth of the embedding. */
    static SyntheticFile predictor(Shape shape) {
        Map<String, GgufValue> metadata = new LinkedHashMap<>();
        metadata.put("general.architecture", GgufValue.string(ARCHITECTURE));
        metadata.put("sol.predictor.version", GgufValue.uint32(PREDICTOR_VERSION));
        int rank = shape.embedding() / 8;
        List<GgufTensor> all = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            all.add(matrix("blk." + i + ".sol_gate_in", TensorType.Q8_0, shape.embedding(), rank));
            all.add(matrix("blk." + i + ".sol_gate_out", TensorType.Q8_0, rank, shape.ffn()));
        }
        return new SyntheticFile(shape.id() + "-predictor", metadata, all);
    }

    private static GgufTensor matrix(String name, TensorType type, int rowLength, int rows) {
        return GgufTensor.of(name + ".weight", type, rowLength, rows);
    }

    private static GgufTensor norm(String name, int length) {
        return GgufTensor.of(name + ".weight", TensorType.F32, length);
    }

    /** Number of weights. */
    long parameters() {
        return tensors.stream().mapToLong(GgufTensor::elements).sum();
    }

    /** Bytes of the weights. */
    long bytes() {
        return tensors.stream().mapToLong(GgufTensor::bytes).sum();
    }

    /** Bytes of the weights whose name has this part. */
    long bytes(String part) {
        return tensors.stream()
                .filter(tensor -> tensor.name().contains(part))
                .mapToLong(GgufTensor::bytes)
                .sum();
    }

    /** Where it is, or would be. */
    Path in(Path folder) {
        return folder.resolve("%s.%d.gguf".formatted(name, VERSION));
    }

    /**
     * Writes it unless it is there.
     *
     * @throws BenchException if the disk has no room, or the folder cannot be written
     */
    Path make(Path folder) {
        Path file = in(folder);
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(folder);
                checkRoom(Files.getFileStore(folder), folder);
                write(file);
            }
            return file;
        } catch (IOException | UncheckedIOException e) {
            throw new BenchException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private void checkRoom(FileStore disk, Path folder) throws IOException {
        long room = disk.getUsableSpace();
        if (bytes() > room) {
            throw new BenchException("%s needs %s on disk; %s has room for %s"
                    .formatted(name, Bytes.text(bytes()), folder, Bytes.text(room)));
        }
    }

    private void write(Path file) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        Map<TensorType, RandomBytes> pools = new EnumMap<>(TensorType.class);
        try (GgufWriter out = GgufWriter.create(file, metadata, tensors)) {
            for (GgufTensor tensor : tensors) {
                if (tensor.type() == TensorType.F32) {
                    out.write(MemorySegment.ofArray(ones((int) tensor.elements())));
                } else {
                    pools.computeIfAbsent(tensor.type(), type -> new RandomBytes(blocks(type, random)))
                            .write(tensor.bytes(), out);
                }
            }
            out.finish();
        }
    }

    private static byte[] blocks(TensorType type, RandomGenerator random) {
        return WeightType.stored(type).blocks(POOL_BLOCKS, random);
    }

    private static byte[] ones(int n) {
        ByteBuffer bytes = ByteBuffer.allocate(n * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putFloat(1);
        }
        return bytes.array();
    }

    /** Random bytes without an end: the same over and over, each tensor going on where the last one ended. */
    private static final class RandomBytes {
        private final MemorySegment pool;
        private long position;

        RandomBytes(byte[] pool) {
            this.pool = MemorySegment.ofArray(pool);
        }

        void write(long bytes, GgufWriter out) throws IOException {
            for (long left = bytes; left > 0; ) {
                long piece = Math.min(left, pool.byteSize() - position);
                out.write(pool.asSlice(position, piece));
                left -= piece;
                position = (position + piece) % pool.byteSize();
            }
        }
    }
}
