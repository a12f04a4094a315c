package dev.sol.runtime.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C: ends the work, and lets the command print what there is before the process ends. Open while there is something to end or
 * to print.
 */
public final class Interruption implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 5;

    private final CountDownLatch printed = new CountDownLatch(1);
    private final Thread hook;

    private Interruption(Runnable cancel) {
        this.hook = new Thread(() -> interrupt(cancel), "sol-interruption");
    }

    /**
     * Waits for Ctrl-C.
     *
     * @param cancel ends the work; for any thread
     */
    public static Interruption of(Runnable cancel) {
        Interruption interruption = new Interruption(cancel);
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
            boolean _ = printed.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        printed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process is ending already
        }
    }
}
