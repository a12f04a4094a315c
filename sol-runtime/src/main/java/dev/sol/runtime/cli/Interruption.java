package dev.sol.runtime.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C: ends the work, and lets the command write and print what there is before the process ends. Open while there is something
 * to end, to write or to print.
 */
public final class Interruption implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Duration patience;
    private final Thread hook;

    private Interruption(Duration patience, Runnable cancel) {
        this.patience = patience;
        this.hook = new Thread(() -> interrupt(cancel), "sol-interruption");
    }

    /** As {@link #of(Duration, Runnable)}, for commands that only have a few lines to print. */
    public static Interruption of(Runnable cancel) {
        return of(PATIENCE, cancel);
    }

    /**
     * From now on Ctrl-C runs {@code cancel}.
     *
     * @param patience how long the process then waits for {@link #close}
     * @param cancel for any thread
     */
    public static Interruption of(Duration patience, Runnable cancel) {
        Interruption interruption = new Interruption(patience, cancel);
        try {
            Runtime.getRuntime().addShutdownHook(interruption.hook);
        } catch (IllegalStateException e) { // the process is ending already
            cancel.run();
        }
        return interruption;
    }

    private void interrupt(Runnable cancel) {
        cancel.run();
        try {
            boolean _ = finished.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process is ending already
        }
    }
}
