package dev.sol.policy.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Replaces a file as a whole: whoever reads it, even after a crash of the process or the machine, finds all of the old contents or
 * all of the new ones. What is written is a hidden file beside it until {@link #commit}, which moves it to its place; closed without
 * that, nothing is left and nothing has changed. A link is followed, rather than replaced.
 *
 * <pre>{@code
 * try (AtomicFile out = AtomicFile.ofManyWriters(file)) {
 *     out.channel().write(bytes);
 *     out.commit();
 * }
 * }</pre>
 *
 * <p>One thread. An interrupt ends the writing, as it does of every {@link FileChannel}.
 */
public final class AtomicFile implements AutoCloseable {
    private final Path target;
    private final Path temporary;
    private final FileChannel channel;
    private boolean committed;

    private AtomicFile(Path target, Path temporary, OpenOption... options) throws IOException {
        this.target = target;
        this.temporary = temporary;
        this.channel = FileChannel.open(temporary, options); // not a createTempFile, which only its owner may read
    }

    /**
     * For a file that nobody else writes meanwhile. The temporary file has a fixed name, so that what a crash leaves behind is used
     * again by the next writer.
     *
     * @throws IOException if nothing can be written there
     */
    public static AtomicFile ofOneWriter(Path file) throws IOException {
        Path target = target(file);
        return new AtomicFile(
                target,
                target.resolveSibling(".%s.tmp".formatted(target.getFileName())),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
    }

    /**
     * For a file that several processes or threads may write at once: each has a temporary file of its own, and the last to commit
     * wins. A process that is killed leaves its one behind.
     *
     * @throws IOException if nothing can be written there
     */
    public static AtomicFile ofManyWriters(Path file) throws IOException {
        Path target = target(file);
        String name = ".%s.%016x.tmp"
                .formatted(target.getFileName(), ThreadLocalRandom.current().nextLong());
        return new AtomicFile(
                target, target.resolveSibling(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private static Path target(Path file) throws IOException {
        Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
        if (target.getFileName() == null) {
            throw new IOException(file + " is no file");
        }
        return target;
    }

    /** {@link #ofOneWriter} with this content. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, stream -> stream.write(content));
    }

    /** {@link #ofOneWriter} with what {@code content} writes; nothing changes if it throws. */
    public static void write(Path file, Content content) throws IOException {
        try (AtomicFile out = ofOneWriter(file)) {
            out.fill(content);
        }
    }

    /** {@link #ofManyWriters} with this content. */
    public static void writeShared(Path file, byte[] content) throws IOException {
        try (AtomicFile out = ofManyWriters(file)) {
            out.fill(stream -> stream.write(content));
        }
    }

    private void fill(Content content) throws IOException {
        content.writeTo(Channels.newOutputStream(channel));
        commit();
    }

    /** Where the new contents go. Closed by {@link #commit} and {@link #close}. */
    public FileChannel channel() {
        return channel;
    }

    /**
     * Moves what was written to its place. Once.
     *
     * @throws IOException if that cannot be done
     */
    public void commit() throws IOException {
        channel.force(true); // or the name could reach the disk before the content
        channel.close();
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        committed = true;
        forceFolder(target);
    }

    /** Makes the new name durable, where folders can be opened. */
    private static void forceFolder(Path file) throws IOException {
        FileChannel folder;
        try {
            folder = FileChannel.open(file.resolveSibling(""), StandardOpenOption.READ);
        } catch (IOException _) {
            return; // Windows
        }
        try (folder) {
            folder.force(true);
        }
    }

    /** Removes what was not committed. */
    @Override
    public void close() throws IOException {
        channel.close();
        if (!committed) {
            Files.deleteIfExists(temporary);
        }
    }

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /** Writes it, and leaves the stream open. */
        void writeTo(OutputStream stream) throws IOException;
    }
}
