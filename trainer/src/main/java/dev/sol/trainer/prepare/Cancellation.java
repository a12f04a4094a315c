package dev.sol.trainer.prepare;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C: ends the work at its next checkpoint, and holds the process until unfinished files are removed. Open while there is work;
 * closed by the thread that does it.
 */
final class Cancellation implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupt, "sol-interruption");
    private volatile boolean cancelled;
    private @Nullable Runnable running;

    Cancellation() {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) { // the process is ending already
            cancelled = true;
        }
    }

    /** @throws CancellationException if the work is to end */
    void check() {
        if (cancelled) {
            throw new CancellationException("interrupted");
        }
    }

    /**
     * Sets what else ends the work that now runs, in place of what was set before.
     *
     * @param cancel for any thread; null: nothing
     */
    synchronized void use(@Nullable Runnable cancel) {
        running = cancel;
        if (cancelled && cancel != null) {
            cancel.run();
        }
    }

    /** Ends the work. Any thread. */
    synchronized void cancel() {
        cancelled = true;
        if (running != null) {
            running.run();
        }
    }

    private void interrupt() {
        cancel();
        try {
            boolean _ = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process is ending already
        }
    }
}
