package dev.sol.runtime.cli;

import dev.sol.runtime.CompletionHandle;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C: cancels the completion, and lets the command print what there is before the process ends. Open while the command
 * waits for the completion and prints it.
 */
final class Interruption implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 5;

    private final CountDownLatch printed = new CountDownLatch(1);
    private final Thread hook;

    private Interruption(CompletionHandle handle) {
        this.hook = new Thread(() -> interrupt(handle), "sol-interruption");
    }

    static Interruption of(CompletionHandle handle) {
        Interruption interruption = new Interruption(handle);
        try {
            Runtime.getRuntime().addShutdownHook(interruption.hook);
        } catch (IllegalStateException e) { // the process is ending already
            handle.cancel();
        }
        return interruption;
    }

    private void interrupt(CompletionHandle handle) {
        handle.cancel();
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
