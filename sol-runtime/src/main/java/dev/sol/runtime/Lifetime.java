package dev.sol.runtime;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps a native object from being freed under its users. Every use is between {@link #enter} and {@link #exit}; {@link #close}
 * refuses new uses, waits for the running ones and then frees, once. After TigerBeetle's Java client.
 *
 * <p>For any number of threads. A thread must not close between its own enter and exit: it would wait for itself.
 */
final class Lifetime {
    private static final int CLOSED = 1 << 31; // the other bits count the running uses

    private final String what;
    private final AtomicInteger state = new AtomicInteger();
    private final CountDownLatch idle = new CountDownLatch(1);
    private final CountDownLatch freed = new CountDownLatch(1);

    /** @param what for messages, such as "the model" */
    Lifetime(String what) {
        this.what = what;
    }

    /** @throws ClosedException after {@link #close} */
    void enter() {
        if (!tryEnter()) {
            throw new ClosedException(what);
        }
    }

    /** As {@link #enter}, but returns false after {@link #close}. */
    boolean tryEnter() {
        for (; ; ) {
            int before = state.get();
            if (before < 0) {
                return false;
            }
            if (state.compareAndSet(before, before + 1)) {
                return true;
            }
        }
    }

    /** Ends a use. */
    void exit() {
        if (state.decrementAndGet() == CLOSED) {
            idle.countDown();
        }
    }

    boolean isClosed() {
        return state.get() < 0;
    }

    /**
     * Ends the lifetime. The first call frees; every call returns when that is done.
     *
     * @param interrupt hurries the running uses; called once, after new ones are refused
     * @param free called once, when there are no uses any more
     */
    void close(Runnable interrupt, Runnable free) {
        int before = state.getAndUpdate(s -> s | CLOSED);
        if (before >= 0) {
            if (before == 0) {
                idle.countDown();
            }
            interrupt.run();
            await(idle);
            try {
                free.run();
            } finally {
                freed.countDown();
            }
        }
        await(freed);
    }

    /** Waits through interrupts: the caller relies on what it closes being gone. */
    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        try {
            for (; ; ) {
                try {
                    latch.await();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
