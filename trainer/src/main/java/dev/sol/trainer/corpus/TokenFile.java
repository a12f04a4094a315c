package dev.sol.trainer.corpus;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The tokens of documents in a file, mapped: what is read of it costs memory that the system can take back. For any thread until it
 * is closed.
 *
 * <p>Little-endian: {@link #MAGIC}, bytes of a token (2 or 4), tokens n, documents d, each 8 bytes; n tokens, filled up to a
 * multiple of 8 bytes; d + 1 numbers of tokens before each document and after the last; d hashes of the documents' texts
 * ({@link TextHash}); the magic again.
 */
final class TokenFile implements AutoCloseable {
    static final long MAGIC = 0x314B_4F54_4C4F_53L; // "SOLTOK1"
    static final long HEADER = 4 * Long.BYTES;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfChar CHAR = ValueLayout.JAVA_CHAR.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena;
    private final MemorySegment tokens;
    private final MemorySegment starts;
    private final MemorySegment hashes;
    private final boolean small;
    private final int documents;

    private TokenFile(Arena arena, MemorySegment content) {
        this.arena = arena;
        this.small = content.get(LONG, Long.BYTES) == Character.BYTES;
        long bytes = paddedBytes(content);
        this.documents = Math.toIntExact(content.get(LONG, 3L * Long.BYTES));
        this.tokens = content.asSlice(HEADER, bytes);
        this.starts = content.asSlice(HEADER + bytes, (documents + 1L) * Long.BYTES);
        this.hashes = content.asSlice(HEADER + bytes + starts.byteSize(), (long) documents * Long.BYTES);
    }

    /**
     * Maps a file.
     *
     * @return empty if it is no such file, or not a whole one
     */
    static Optional<TokenFile> open(Path file) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment content = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            if (isWhole(content)) {
                return Optional.of(new TokenFile(arena, content));
            }
            arena.close();
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static boolean isWhole(MemorySegment content) {
        long size = content.byteSize();
        if (size < HEADER + 2 * Long.BYTES || content.get(LONG, 0) != MAGIC) {
            return false;
        }
        long width = content.get(LONG, Long.BYTES);
        long count = content.get(LONG, 2L * Long.BYTES);
        long texts = content.get(LONG, 3L * Long.BYTES);
        if ((width != Character.BYTES && width != Integer.BYTES)
                || count < 0
                || count > size
                || texts < 0
                || texts > Math.min(size, Integer.MAX_VALUE)
                || size != HEADER + paddedBytes(content) + (2 * texts + 2) * Long.BYTES) {
            return false;
        }
        return content.get(LONG, size - Long.BYTES) == MAGIC;
    }

    private static long paddedBytes(MemorySegment content) {
        return Math.ceilDiv(content.get(LONG, 2L * Long.BYTES) * content.get(LONG, Long.BYTES), Long.BYTES)
                * Long.BYTES;
    }

    int documents() {
        return documents;
    }

    long tokens() {
        return start(documents);
    }

    /** Tokens before document {@code document}. */
    long start(int document) {
        return starts.getAtIndex(LONG, document);
    }

    long hash(int document) {
        return hashes.getAtIndex(LONG, document);
    }

    /** Copies tokens {@code from} … of the file. */
    void copy(long from, int[] into, int at, int count) {
        if (!small) {
            MemorySegment.copy(tokens, INT, from * Integer.BYTES, into, at, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            into[at + i] = tokens.getAtIndex(CHAR, from + i);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
