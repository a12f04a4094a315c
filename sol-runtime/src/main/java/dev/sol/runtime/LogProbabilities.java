package dev.sol.runtime;

import dev.sol.bindings.LogProbabilitiesHandle;
import dev.sol.bindings.Sol;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;

/**
 * Whole distributions over a vocabulary, kept off-heap to be compared with later ones: {@link InferenceContext#keep} writes
 * them, {@link InferenceContext#score(int[], int[], LogProbabilities, int[])} reads them. Made by {@link
 * Model#newLogProbabilities}; the model may be closed before. A row that nobody wrote is the uniform distribution.
 *
 * <p>For any number of threads: who writes waits for those who read. After {@link #close} every use throws {@link
 * ClosedException}.
 */
public final class LogProbabilities implements AutoCloseable {
    private final Owned<LogProbabilitiesHandle> owned;
    private final int rows;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    /** Takes over the handle. */
    LogProbabilities(LogProbabilitiesHandle handle, int rows) {
        this.owned = new Owned<>(this, "table of log probabilities", handle, Sol::freeLogProbabilities);
        this.rows = rows;
    }

    /** Distributions that fit; rows are 0 … rows - 1. */
    public int rows() {
        return rows;
    }

    <T> T read(Function<LogProbabilitiesHandle, T> use) {
        return call(lock.readLock(), use);
    }

    <T> T write(Function<LogProbabilitiesHandle, T> use) {
        return call(lock.writeLock(), use);
    }

    private <T> T call(Lock side, Function<LogProbabilitiesHandle, T> use) {
        return owned.call(handle -> {
            side.lock();
            try {
                return use.apply(handle);
            } finally {
                side.unlock();
            }
        });
    }

    /** Waits for running uses. A second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
