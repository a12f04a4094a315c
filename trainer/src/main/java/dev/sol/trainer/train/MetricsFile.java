package dev.sol.trainer.train;

import dev.sol.runtime.RequestException;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A file of metrics. It can be ahead of the checkpoint after a crash, or behind, so it begins anew from the checkpoint's history:
 * what is in it already is written again, byte by byte, and what is beyond is cut off. Open files are locked: of two runs with the
 * same output one is told.
 */
final class MetricsFile implements AutoCloseable {
    private final FileChannel channel;
    private final MetricsFormat format;

    private MetricsFile(FileChannel channel, MetricsFormat format) {
        this.channel = channel;
        this.format = format;
    }

    /**
     * Opens the file with the rows of {@code history}.
     *
     * @throws RequestException if another run writes it
     */
    static MetricsFile open(Path file, MetricsFormat format, List<UpdateMetrics> history) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            lock(channel, file);
            ByteArrayOutputStream start = new ByteArrayOutputStream();
            start.write(format.header());
            for (UpdateMetrics metrics : history) {
                start.write(format.row(metrics));
            }
            MetricsFile metrics = new MetricsFile(channel, format);
            metrics.write(start.toByteArray());
            channel.truncate(start.size());
            return metrics;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @SuppressWarnings("resource") // a lock goes with its channel
    private static void lock(FileChannel channel, Path file) throws IOException {
        try {
            if (channel.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException e) {
            // told below
        }
        throw RequestException.invalid("out", "another run is writing %s".formatted(file));
    }

    void add(UpdateMetrics metrics) throws IOException {
        write(format.row(metrics));
    }

    private void write(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
