package dev.sol.runtime.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A body whose connection is cut when nothing comes for a while; the JDK's client would wait for ever. */
final class Watched extends FilterInputStream {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Thread watch;
    private volatile long lastNanos = System.nanoTime();
    private volatile boolean stalled;
    private volatile boolean closed;

    Watched(InputStream body) {
        super(body);
        watch = Thread.ofVirtual().name("sol-download-watch").start(this::watch);
    }

    private void watch() {
        while (!closed) {
            long left = lastNanos + PATIENCE.toNanos() - System.nanoTime();
            if (left <= 0) {
                stalled = true;
                try {
                    in.close(); // the read throws
                } catch (IOException e) {
                    // the reader finds out
                }
                return;
            }
            LockSupport.parkNanos(this, left);
        }
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        try {
            int n = in.read(buffer, offset, length);
            lastNanos = System.nanoTime();
            return n;
        } catch (IOException e) {
            if (stalled) {
                throw (IOException)
                        new InterruptedIOException("nothing came for " + PATIENCE.toSeconds() + " s").initCause(e);
            }
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        LockSupport.unpark(watch);
        in.close();
    }
}
