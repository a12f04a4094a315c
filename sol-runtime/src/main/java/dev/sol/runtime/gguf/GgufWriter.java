package dev.sol.runtime.gguf;

import dev.sol.policy.io.AtomicFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a GGUF file, version 3. What it holds is said first, then the data of the tensors comes in their order, in pieces of any
 * size, so that a file larger than the memory can be written:
 *
 * <pre>{@code
 * try (GgufWriter out = GgufWriter.create(file, metadata, tensors)) {
 *     for (GgufTensor tensor : tensors) {
 *         out.write(segment);
 *     }
 *     out.finish();
 * }
 * }</pre>
 *
 * <p>An {@link AtomicFile} until {@link #finish}: a reader sees all of it or what was there before. Closed without that, nothing is
 * left. One thread.
 */
public final class GgufWriter implements AutoCloseable {
    /** The most bytes of a piece that are handed over at once, since a buffer has less than 2 GiB. */
    private static final long PIECE = 1 << 26;

    private final AtomicFile out;
    private final FileChannel channel; // its
    private final List<GgufTensor> tensors;
    private final int alignment;
    private int current; // the tensor that is being written
    private long written; // bytes of it

    private GgufWriter(AtomicFile out, List<GgufTensor> tensors, int alignment) {
        this.out = out;
        this.channel = out.channel();
        this.tensors = tensors;
        this.alignment = alignment;
    }

    /**
     * Starts a file.
     *
     * @param metadata in the order in which it is to be written; {@link GgufFile#ALIGNMENT_KEY} is heeded
     * @param tensors in the order in which their data will come
     * @throws IllegalArgumentException if two tensors have the same name, a key is empty, or the alignment is no power of 2
     * @throws IOException if the file cannot be written there
     */
    public static GgufWriter create(Path file, Map<String, GgufValue> metadata, List<GgufTensor> tensors)
            throws IOException {
        int alignment = alignment(metadata);
        Set<String> names = new HashSet<>();
        for (GgufTensor tensor : tensors) {
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("tensor '" + tensor.name() + "' is there twice");
            }
        }
        GgufWriter writer = new GgufWriter(AtomicFile.ofManyWriters(file), List.copyOf(tensors), alignment);
        try {
            writer.head(metadata);
            return writer;
        } catch (IOException | RuntimeException e) {
            writer.close();
            throw e;
        }
    }

    private static int alignment(Map<String, GgufValue> metadata) {
        if (metadata.containsKey("")) {
            throw new IllegalArgumentException("metadata without a key");
        }
        GgufValue value = metadata.get(GgufFile.ALIGNMENT_KEY);
        if (value == null) {
            return GgufFile.DEFAULT_ALIGNMENT;
        }
        if (value.type() != ValueType.UINT32
                || Long.bitCount(value.asLong()) != 1
                || value.asLong() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(GgufFile.ALIGNMENT_KEY + " must be a power of 2, as UINT32");
        }
        return (int) value.asLong();
    }

    private void head(Map<String, GgufValue> metadata) throws IOException {
        put(buffer(24)
                .putInt(GgufFile.MAGIC)
                .putInt(GgufFile.VERSION)
                .putLong(tensors.size())
                .putLong(metadata.size())
                .flip());
        for (Map.Entry<String, GgufValue> entry : metadata.entrySet()) {
            GgufValue value = entry.getValue();
            put(string(entry.getKey()));
            put(buffer(4).putInt(value.type().id()).flip());
            if (value.type() == ValueType.ARRAY) {
                put(buffer(12)
                        .putInt(value.elementType().id())
                        .putLong(value.length())
                        .flip());
            }
            put(value.content());
        }
        long offset = 0;
        for (GgufTensor tensor : tensors) {
            put(string(tensor.name()));
            ByteBuffer info = buffer(4 + 8 * tensor.shape().size() + 4 + 8)
                    .putInt(tensor.shape().size());
            tensor.shape().forEach(info::putLong);
            put(info.putInt(tensor.type().id()).putLong(offset).flip());
            offset = Math.addExact(offset, GgufFile.pad(tensor.bytes(), alignment));
        }
        align();
        skipEmpty();
    }

    private static ByteBuffer string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return buffer(8 + bytes.length).putLong(bytes.length).put(bytes).flip();
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Writes the next bytes of the tensor whose turn it is; when it is complete the next one's turn comes.
     *
     * @throws IllegalStateException if the tensor has no room for so many bytes, or all are complete
     * @throws IOException if the file cannot be written
     */
    public void write(MemorySegment bytes) throws IOException {
        if (bytes.byteSize() == 0) {
            return;
        }
        if (current == tensors.size()) {
            throw new IllegalStateException("all tensors are complete");
        }
        GgufTensor tensor = tensors.get(current);
        if (bytes.byteSize() > tensor.bytes() - written) {
            throw new IllegalStateException("tensor '%s' lacks %d bytes, not %d"
                    .formatted(tensor.name(), tensor.bytes() - written, bytes.byteSize()));
        }
        for (long from = 0; from < bytes.byteSize(); from += PIECE) {
            put(bytes.asSlice(from, Math.min(PIECE, bytes.byteSize() - from)).asByteBuffer());
        }
        written += bytes.byteSize();
        if (written == tensor.bytes()) {
            next();
            skipEmpty();
        }
    }

    private void next() throws IOException {
        align();
        current++;
        written = 0;
    }

    private void skipEmpty() throws IOException {
        while (current < tensors.size() && tensors.get(current).bytes() == 0) {
            next();
        }
    }

    private void align() throws IOException {
        long position = channel.position();
        put(ByteBuffer.allocate((int) (GgufFile.pad(position, alignment) - position)));
    }

    private void put(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /**
     * Moves the complete file to its place.
     *
     * @throws IllegalStateException if a tensor is not complete
     * @throws IOException if the file cannot be written
     */
    public void finish() throws IOException {
        if (current < tensors.size()) {
            throw new IllegalStateException(
                    "tensor '%s' is not complete".formatted(tensors.get(current).name()));
        }
        out.commit();
    }

    /** Removes an unfinished file. */
    @Override
    public void close() throws IOException {
        out.close();
    }
}
