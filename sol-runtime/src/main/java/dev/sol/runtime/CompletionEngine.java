package dev.sol.runtime;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Completes requests one at a time, in the order in which they came, on a thread of its own. The others wait in a bounded queue.
 * A request that fails fails alone. For any number of threads.
 *
 * <p>Owns the model and its context. {@link #close} ends the completion that is running within one decode step and fails those
 * that wait with {@link ClosedException}.
 */
public final class CompletionEngine implements AutoCloseable {
    /** How many requests wait, unless said otherwise. */
    public static final int DEFAULT_QUEUE_CAPACITY = 64;

    private final Decoder decoder;
    private final int queueCapacity;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // guarded by the lock
    private final Deque<CompletionTask> waiting = new ArrayDeque<>();
    private @Nullable CompletionTask running;
    private boolean closing;

    /** Takes over the decoder. */
    CompletionEngine(Decoder decoder, int queueCapacity) {
        this.decoder = decoder;
        this.queueCapacity = queueCapacity;
        this.thread = Thread.ofPlatform().name("sol-decode").daemon().unstarted(this::loop);
    }

    /**
     * Starts an engine.
     *
     * @param model taken over: closed with the engine, or at once if this throws
     * @param options of the one context
     * @param queueCapacity how many requests may wait, at least 0
     * @throws RequestException if the options do not fit the model
     * @throws EngineException if there is not enough memory
     */
    public static CompletionEngine open(Model model, ContextOptions options, int queueCapacity) {
        if (queueCapacity < 0) {
            model.close();
            throw RequestException.invalid(
                    "queue", "the queue's capacity must not be negative, but is " + queueCapacity);
        }
        return start(new NativeDecoder(model, options), queueCapacity);
    }

    /** Starts an engine on another decoder. */
    static CompletionEngine start(Decoder decoder, int queueCapacity) {
        CompletionEngine engine = new CompletionEngine(decoder, queueCapacity);
        engine.thread.start();
        return engine;
    }

    /** Tokens that fit: prompt and generated ones. */
    public int contextLength() {
        return decoder.contextLength();
    }

    /** How steps with knobs are computed. */
    public Execution execution() {
        return decoder.execution();
    }

    /** What the knobs do in each layer of the model. */
    public List<LayerKnobs> layers() {
        return decoder.layers();
    }

    /**
     * Measures what a decode step costs, for budgets in milliseconds, and keeps it for the next time; takes seconds. Without this
     * the first such budget does so, unless an earlier measurement was kept. On the caller's thread, before there are requests:
     * what runs beside it is measured with it.
     *
     * @throws EngineException if there is not enough memory
     */
    public void calibrate() {
        decoder.calibrate();
    }

    /** Whether requests are accepted: the engine is not closed and its thread lives. */
    public boolean isAlive() {
        lock.lock();
        try {
            return !closing && thread.isAlive();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a request is being completed. */
    public boolean isBusy() {
        lock.lock();
        try {
            return running != null;
        } finally {
            lock.unlock();
        }
    }

    /** The number of requests that wait. */
    public int queueLength() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Accepts a request. Returns at once.
     *
     * @throws QueueFullException if as many requests as allowed are waiting
     * @throws ClosedException after {@link #close}
     */
    public CompletionHandle submit(CompletionRequest request, CompletionListener listener) {
        CompletionTask task = new CompletionTask(request, listener, decoder.execution(), this::cancelled);
        lock.lock();
        try {
            if (closing) {
                throw new ClosedException("the engine");
            }
            // what an idle engine gets does not wait, though it is in the queue until the thread takes it
            int startsAtOnce = running == null ? 1 : 0;
            if (waiting.size() >= queueCapacity + startsAtOnce) {
                throw new QueueFullException(queueCapacity);
            }
            waiting.add(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return task;
    }

    private void cancelled(CompletionTask task) {
        boolean waited;
        lock.lock();
        try {
            if (running == task) {
                decoder.cancel(); // under the lock, so that it cannot hit the next one
            }
            waited = waiting.remove(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (waited) {
            task.endCancelled();
        }
    }

    private void loop() {
        for (CompletionTask task = take(); task != null; task = take()) {
            Runnable end = task.run(decoder);
            ended();
            end.run(); // afterwards, so that who waits for the result finds the engine free
        }
    }

    private void ended() {
        lock.lock();
        try {
            running = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a task and makes it the running one; null when the engine closes. */
    private @Nullable CompletionTask take() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closing) {
                changed.awaitUninterruptibly();
            }
            running = waiting.poll();
            return running;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops accepting requests, lets those accepted end for at most {@code grace}, then does as {@link #close()}.
     *
     * @throws InterruptedException if interrupted while it waits; the engine is closed then too
     */
    public void close(Duration grace) throws InterruptedException {
        checkThread();
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
            for (long left = grace.toNanos(); left > 0 && (running != null || !waiting.isEmpty()); ) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
            close();
        }
    }

    /** Ends everything and frees the model. Returns when that is done; a second call does nothing more. */
    @Override
    public void close() {
        checkThread();
        List<CompletionTask> dropped;
        lock.lock();
        try {
            closing = true;
            dropped = new ArrayList<>(waiting);
            waiting.clear();
            if (running != null) {
                running.cancel(); // the lock is reentrant
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        dropped.forEach(task -> task.fail(new ClosedException("the engine")));
        join();
        decoder.close();
    }

    /** A listener that closed the engine would wait for itself. */
    private void checkThread() {
        if (thread.equals(Thread.currentThread())) {
            throw new IllegalStateException("the engine cannot be closed on its decode thread");
        }
    }

    private void join() {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
