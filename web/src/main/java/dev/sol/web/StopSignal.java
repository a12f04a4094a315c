package dev.sol.web;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGTERM and SIGINT as a request to stop, which the program follows in its own time and then ends with exit code 0. Without this
 * the JVM would end with 143 or 130.
 */
final class StopSignal implements AutoCloseable {
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread hook;
    private volatile Duration patience = Duration.ZERO;

    private StopSignal() {
        this.hook = new Thread(this::end, "sol-stop");
    }

    /** Signals end the process at once until {@link #await}. */
    static StopSignal install() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /**
     * Waits for a signal.
     *
     * @param limit how long after the signal {@link #close} may come; then the process ends anyway
     */
    void await(Duration limit) throws InterruptedException {
        patience = limit;
        stop.await();
    }

    private void end() {
        stop.countDown();
        try {
            boolean _ = stopped.await(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // ends now
        }
        Runtime.getRuntime().halt(0); // a hook cannot change the exit code otherwise
    }

    /** All is done: lets the process end. */
    @Override
    public void close() {
        stopped.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // a signal came, and the hook is about to end the process
        }
    }
}
