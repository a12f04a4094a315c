package dev.sol.trainer.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file so that a reader, and whoever is left after a crash of the process or the machine, sees all of the old or all of
 * the new content.
 */
public final class AtomicFile {
    private AtomicFile() {}

    /** Writes {@code content} in place of what {@code file} has. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, stream -> stream.write(content));
    }

    /** Writes what {@code content} writes in place of what {@code file} has; nothing changes if it throws. */
    public static void write(Path file, Content content) throws IOException {
        Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
        Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(
                            temporary,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING);
                    OutputStream stream = Channels.newOutputStream(channel)) {
                content.writeTo(stream);
                stream.flush();
                channel.force(true); // or the name could reach the disk before the content
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceFolder(target);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Makes the new name durable, where folders can be opened. */
    private static void forceFolder(Path file) throws IOException {
        Path folder = file.getParent();
        if (folder == null) {
            return;
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(folder, StandardOpenOption.READ);
        } catch (IOException e) {
            return; // Windows
        }
        try (channel) {
            channel.force(true);
        }
    }

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream stream) throws IOException;
    }
}
