package dev.sol.runtime.engine;

import dev.sol.runtime.ClosedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The requests that wait and those that run, and whether more are accepted. For any number of threads. */
final class RequestQueue {
    private final int capacity;
    private final int slots;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // guarded by the lock
    private final Deque<CompletionTask> waiting = new ArrayDeque<>();
    private final Set<CompletionTask> running = new HashSet<>();
    private boolean closing;

    /**
     * @param capacity how many may wait
     * @param slots how many can run
     */
    RequestQueue(int capacity, int slots) {
        this.capacity = capacity;
        this.slots = slots;
    }

    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    int running() {
        lock.lock();
        try {
            return running.size();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether {@link #add} would accept something now.
     *
     * @throws QueueFullException if as many as allowed are waiting
     * @throws ClosedException after {@link #refuse}
     */
    void check() {
        lock.lock();
        try {
            if (closing) {
                throw new ClosedException("the engine");
            }
            // what a free slot gets does not wait, though it is in the queue until the decode thread takes it
            if (waiting.size() >= capacity + slots - running.size()) {
                throw new QueueFullException(capacity);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Adds a request at the end. Throws as {@link #check}. */
    void add(CompletionTask task) {
        lock.lock();
        try {
            check();
            waiting.add(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes a request out; false if it does not wait. */
    boolean remove(CompletionTask task) {
        lock.lock();
        try {
            changed.signalAll();
            return waiting.remove(task);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is a request, or {@link #refuse}. */
    void awaitRequest() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closing) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Makes the first request a running one if it fits; otherwise, or if there is none, null. */
    @Nullable CompletionTask start(Predicate<CompletionTask> fits) {
        lock.lock();
        try {
            CompletionTask first = waiting.peek();
            if (first == null || !fits.test(first)) {
                return null;
            }
            running.add(waiting.remove());
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** Takes out those whose time is over. */
    List<CompletionTask> removeTimedOut() {
        lock.lock();
        try {
            if (waiting.isEmpty()) {
                return List.of();
            }
            List<CompletionTask> over =
                    waiting.stream().filter(CompletionTask::isTimedOut).toList();
            waiting.removeAll(over);
            return over;
        } finally {
            lock.unlock();
        }
    }

    /** The request does not run any more. */
    void ended(CompletionTask task) {
        lock.lock();
        try {
            running.remove(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Accepts nothing more. */
    void refuse() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing runs or waits, or the time is over. */
    void awaitEnd(Duration most) throws InterruptedException {
        lock.lock();
        try {
            for (long left = most.toNanos(); left > 0 && !(running.isEmpty() && waiting.isEmpty()); ) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes out all that wait. */
    List<CompletionTask> removeWaiting() {
        lock.lock();
        try {
            List<CompletionTask> all = new ArrayList<>(waiting);
            waiting.clear();
            changed.signalAll();
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Those that run now. */
    List<CompletionTask> allRunning() {
        lock.lock();
        try {
            return new ArrayList<>(running);
        } finally {
            lock.unlock();
        }
    }
}
