package dev.sol.trainer.prepare;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What the MLPs of a model got and what their gates said, for many tokens: more than fits the memory, so it is kept in a file that
 * has no name and is gone with the process. As F16: 11 bits are plenty for scores and averages.
 *
 * <p>Written by one thread, then read by any number. {@link #close} when nobody reads.
 */
final class Records implements AutoCloseable {
    private static final float MAX_F16 = 65504;

    /** One layer's share of the file. */
    private record Part(MemorySegment inputs, MemorySegment gates, int embedding, int neurons) {}

    private final Arena arena = Arena.ofShared();
    private final List<Part> parts;
    private final List<float[]> norms;
    private final int tokens;
    private int written;

    /**
     * Makes the file.
     *
     * @param folder where there is room for {@link #bytes}
     * @param mlps whose records will come
     * @param tokens of which they will come
     */
    Records(Path folder, List<GatedMlp> mlps, int tokens) throws IOException {
        this.tokens = tokens;
        this.norms = mlps.stream().map(mlp -> new float[mlp.neurons()]).toList();
        try {
            MemorySegment all = map(folder, bytes(mlps, tokens));
            long[] position = {0};
            this.parts = mlps.stream()
                    .map(mlp -> {
                        MemorySegment inputs = all.asSlice(position[0], 2L * tokens * mlp.inputs());
                        position[0] += inputs.byteSize();
                        MemorySegment gates = all.asSlice(position[0], 2L * tokens * mlp.neurons());
                        position[0] += gates.byteSize();
                        return new Part(inputs, gates, mlp.inputs(), mlp.neurons());
                    })
                    .toList();
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** Bytes of the file. */
    static long bytes(List<GatedMlp> mlps, int tokens) {
        return mlps.stream()
                .mapToLong(mlp -> 2L * tokens * (mlp.inputs() + mlp.neurons()))
                .sum();
    }

    private MemorySegment map(Path folder, long bytes) throws IOException {
        long room = Files.getFileStore(folder).getUsableSpace();
        if (bytes > room) {
            throw new IOException(
                    "%s has no room for the calibration: %d MB are needed, %d MB are left; use fewer --tokens"
                            .formatted(folder, bytes >> 20, room >> 20));
        }
        Path file = Files.createTempFile(folder, ".sol-prepare-", ".tmp");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
        } finally {
            Files.delete(file);
        }
    }

    /** Tokens that were asked for. */
    int tokens() {
        return tokens;
    }

    /**
     * Writes one layer's part of the next {@code count} tokens; {@link #advance} when all layers have theirs.
     *
     * @param inputs [tokens][embedding]
     * @param gates [tokens][neurons]
     * @param from the first of the rows that count
     */
    void put(int mlp, float[] inputs, float[] gates, int from, int count, float[] norms) {
        Part part = parts.get(mlp);
        copy(inputs, from * part.embedding, count * part.embedding, part.inputs, (long) written * part.embedding);
        copy(gates, from * part.neurons, count * part.neurons, part.gates, (long) written * part.neurons);
        System.arraycopy(norms, 0, this.norms.get(mlp), 0, norms.length);
    }

    private static void copy(float[] values, int from, int count, MemorySegment to, long position) {
        short[] halves = new short[count];
        for (int i = 0; i < count; i++) {
            halves[i] = Float.floatToFloat16(Math.clamp(values[from + i], -MAX_F16, MAX_F16));
        }
        MemorySegment.copy(halves, 0, to, ValueLayout.JAVA_SHORT_UNALIGNED, 2 * position, count);
    }

    void advance(int count) {
        written += count;
    }

    /** [neurons] ‖up‖₂·‖down‖₂ of a layer. */
    float[] norms(int mlp) {
        return norms.get(mlp);
    }

    /** Reads the input of a token. */
    void input(int mlp, int token, float[] out) {
        read(parts.get(mlp).inputs, token, out);
    }

    /** Reads the gates of a token. */
    void gate(int mlp, int token, float[] out) {
        read(parts.get(mlp).gates, token, out);
    }

    private static void read(MemorySegment from, int token, float[] out) {
        long start = 2L * token * out.length;
        for (int i = 0; i < out.length; i++) {
            out[i] = Float.float16ToFloat(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, start + 2L * i));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
