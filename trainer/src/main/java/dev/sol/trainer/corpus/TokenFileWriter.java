package dev.sol.trainer.corpus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Writes a {@link TokenFile}, document by document. Only the documents' index is kept in memory. */
final class TokenFileWriter implements AutoCloseable {
    private static final int BUFFER = 1 << 20;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    private final boolean small;
    private long tokens;
    private int documents;
    private long[] ends = new long[1024];
    private long[] hashes = new long[1024];

    /**
     * @param file is overwritten
     * @param vocabulary the number of tokens there are
     */
    TokenFileWriter(Path file, int vocabulary) throws IOException {
        this.small = vocabulary <= Character.MAX_VALUE + 1;
        this.channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        for (int i = 0; i < TokenFile.HEADER / Long.BYTES; i++) {
            put(0); // it is no token file before it is whole
        }
    }

    long tokens() {
        return tokens;
    }

    /** Appends tokens to the document that was begun. */
    void add(int[] more) throws IOException {
        for (int token : more) {
            if (buffer.remaining() < Integer.BYTES) {
                flush();
            }
            if (small) {
                buffer.putChar((char) token);
            } else {
                buffer.putInt(token);
            }
        }
        tokens += more.length;
    }

    /** Ends the document; one without tokens is none. */
    void end(long hash) {
        if (tokens == (documents == 0 ? 0 : ends[documents - 1])) {
            return;
        }
        if (documents == ends.length) {
            ends = Arrays.copyOf(ends, 2 * documents);
            hashes = Arrays.copyOf(hashes, 2 * documents);
        }
        ends[documents] = tokens;
        hashes[documents++] = hash;
    }

    /** Writes what is left, and waits until it is on the disk. */
    void finish() throws IOException {
        for (long bytes = tokens * width(); bytes % Long.BYTES != 0; bytes++) {
            if (!buffer.hasRemaining()) {
                flush();
            }
            buffer.put((byte) 0);
        }
        put(0);
        for (int i = 0; i < documents; i++) {
            put(ends[i]);
        }
        for (int i = 0; i < documents; i++) {
            put(hashes[i]);
        }
        put(TokenFile.MAGIC);
        flush();
        channel.position(0);
        put(TokenFile.MAGIC);
        put(width());
        put(tokens);
        put(documents);
        flush();
        channel.force(true);
    }

    private int width() {
        return small ? Character.BYTES : Integer.BYTES;
    }

    private void put(long value) throws IOException {
        if (buffer.remaining() < Long.BYTES) {
            flush();
        }
        buffer.putLong(value);
    }

    private void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
