package dev.sol.runtime;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Completes requests, several at once, on a thread of its own. Every step of all that run is one batch, in which each token has its own
 * knobs; the others wait in a bounded queue. For any number of threads.
 *
 * <p><b>Slots.</b> As many requests run at once as the context has sequences ({@link ContextOptions#maxSequences}). They start in the
 * order in which they came; prompts are computed in small pieces between the steps of the others.
 *
 * <p><b>Capacity.</b> The slots share the cells of one KV cache ({@link ContextOptions#cells}), so a request that is alone can use the whole
 * context. One starts when a slot is free and the cells suffice for its prompt and all tokens that it may generate, beside those of the
 * requests that run; until then it waits, and those behind it do. So no answer is cut off, or depends on, what others ask. What does
 * not fit the context at all is refused (the prompt) or capped ({@link CompletionResult#cappedMaxTokens}).
 *
 * <p><b>Prompt cache.</b> Cells that no running request needs keep what was computed densely: prompts, and answers without a budget. A prompt that
 * begins with the same tokens as one of these, or as one that runs, is computed from where they differ ({@link
 * CompletionResult#cachedTokens}). So several answers to one prompt are as many requests.
 *
 * <p>A request that fails fails alone. The engine owns the model and its context. {@link #close} ends the completions that run within one
 * decode step and fails those that wait with {@link ClosedException}.
 */
public final class CompletionEngine implements AutoCloseable {
    /** How many requests wait, unless said otherwise. */
    public static final int DEFAULT_QUEUE_CAPACITY = 64;

    private final Decoder decoder;
    private final @Nullable Model model;
    private final @Nullable Embedder embedder;
    private final int queueCapacity;
    private final Thread thread;
    private final EngineCounters counters = new EngineCounters();
    private final Interrupter interrupter;
    private final Scheduler scheduler; // of the decode thread
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // guarded by the lock
    private final Deque<CompletionTask> waiting = new ArrayDeque<>();
    private final Set<CompletionTask> running = new HashSet<>();
    private boolean closing;
    private int cellsUsed;

    /** Takes over the decoder and the embedder. */
    private CompletionEngine(Decoder decoder, @Nullable Model model, @Nullable Embedder embedder, int queueCapacity) {
        this.decoder = decoder;
        this.model = model;
        this.embedder = embedder;
        this.queueCapacity = queueCapacity;
        this.interrupter = new Interrupter(decoder);
        this.scheduler = new Scheduler(decoder, counters, interrupter);
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
        Decoder decoder = new NativeDecoder(model, options);
        return start(new CompletionEngine(decoder, model, new Embedder(model, options), queueCapacity));
    }

    /** Starts an engine on another decoder. */
    static CompletionEngine start(Decoder decoder, int queueCapacity) {
        return start(new CompletionEngine(decoder, null, null, queueCapacity));
    }

    private static CompletionEngine start(CompletionEngine engine) {
        engine.thread.start();
        return engine;
    }

    /** The model, for its tokenizer and what it says of itself. Closed with the engine. */
    public Model model() {
        return required(model);
    }

    /** What makes embeddings with the model. Closed with the engine. */
    public Embedder embedder() {
        return required(embedder);
    }

    private static <T> T required(@Nullable T ofModel) {
        if (ofModel == null) {
            throw new IllegalStateException("this engine has no model");
        }
        return ofModel;
    }

    /** Tokens of a request that fit: prompt and generated ones. */
    public int contextLength() {
        return decoder.contextLength();
    }

    /** How many requests can run at once. */
    public int parallel() {
        return decoder.sequences();
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
     * the first such budget does so while everything else waits, unless an earlier measurement was kept. On the caller's thread,
     * before there are requests: what runs beside it is measured with it.
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
            return !running.isEmpty();
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

    /** What the engine is doing and has done. Cheap. */
    public EngineStatistics statistics() {
        lock.lock();
        try {
            return counters.statistics(decoder.sequences(), running.size(), waiting.size(), decoder.cells(), cellsUsed);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Accepts a request. A prompt that is a text is turned into tokens on the calling thread, which takes a while if it is long; what is
     * wrong with it fails the result.
     *
     * @throws QueueFullException if as many requests as allowed are waiting
     * @throws ClosedException after {@link #close}
     */
    public CompletionHandle submit(CompletionRequest request, CompletionListener listener) {
        checkOpenAndRoom(); // before the prompt is looked at
        int[] prompt;
        try {
            prompt = PromptTokens.of(request.prompt(), decoder);
        } catch (RequestException e) {
            return CompletionTask.failed(request, decoder, e);
        }
        CompletionTask task = new CompletionTask(request, prompt, listener, decoder, this::cancelled);
        lock.lock();
        try {
            checkOpenAndRoom();
            waiting.add(task);
            counters.accepted.increment();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return task;
    }

    private void checkOpenAndRoom() {
        lock.lock();
        try {
            if (closing) {
                throw new ClosedException("the engine");
            }
            // what a free slot gets does not wait, though it is in the queue until the thread takes it
            int startAtOnce = decoder.sequences() - running.size();
            if (waiting.size() >= queueCapacity + startAtOnce) {
                counters.rejected.increment();
                throw new QueueFullException(queueCapacity);
            }
        } finally {
            lock.unlock();
        }
    }

    private void cancelled(CompletionTask task) {
        boolean waited;
        lock.lock();
        try {
            waited = waiting.remove(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (waited) {
            counters.ended(Generation.Outcome.CANCELLED);
            task.endCancelled();
        } else {
            interrupter.cancelled(task);
        }
    }

    // ---- The decode thread

    private void loop() {
        List<Scheduler.Ended> ended = new ArrayList<>();
        try {
            while (admit(ended)) {
                scheduler.step(ended);
                if (!ended.isEmpty()) {
                    publish(ended);
                }
            }
        } catch (RuntimeException | Error e) { // not of one request: those are caught where they belong
            die(e);
            throw e;
        }
    }

    /** Starts what can be started; waits when there is nothing to do. False when the engine closes and nothing is left. */
    private boolean admit(List<Scheduler.Ended> ended) {
        while (true) {
            CompletionTask task = next(ended);
            if (task != null) {
                scheduler.start(task, ended);
            }
            if (task != null || !ended.isEmpty()) {
                publish(ended);
            }
            if (task == null && !scheduler.isIdle()) {
                return true;
            }
            if (task == null && isDrained()) {
                return false;
            }
        }
    }

    private boolean isDrained() {
        lock.lock();
        try {
            return closing && waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody is left to wait for. */
    private void die(Throwable cause) {
        List<CompletionTask> left;
        lock.lock();
        try {
            closing = true;
            left = new ArrayList<>(waiting);
            left.addAll(running);
            waiting.clear();
            running.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        left.forEach(task -> {
            counters.ended(Generation.Outcome.FAILED);
            task.fail(cause);
        });
    }

    /** The next task that starts; null when there is something to compute first, or the engine closes. */
    private @Nullable CompletionTask next(List<Scheduler.Ended> ended) {
        lock.lock();
        try {
            dropTimedOut(ended);
            while (waiting.isEmpty() && scheduler.isIdle() && !closing && ended.isEmpty()) {
                changed.awaitUninterruptibly();
            }
            CompletionTask first = waiting.peek();
            if (first == null || !scheduler.fits(first)) {
                return null;
            }
            running.add(waiting.remove());
            return first;
        } finally {
            lock.unlock();
        }
    }

    private void dropTimedOut(List<Scheduler.Ended> ended) {
        for (Iterator<CompletionTask> tasks = waiting.iterator(); tasks.hasNext(); ) {
            CompletionTask task = tasks.next();
            if (task.isTimedOut()) {
                tasks.remove();
                counters.ended(Generation.Outcome.FAILED);
                ended.add(new Scheduler.Ended(task, () -> task.fail(task.timeoutFailure(false))));
            }
        }
    }

    /** Something has started or ended. Who waits for a result finds its slot free. */
    private void publish(List<Scheduler.Ended> ended) {
        lock.lock();
        try {
            cellsUsed = scheduler.cellsUsed();
            if (!ended.isEmpty()) {
                ended.forEach(end -> running.remove(end.task()));
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        ended.forEach(end -> end.publish().run());
        ended.clear();
    }

    // ---- Closing

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
            for (long left = grace.toNanos(); left > 0 && !(running.isEmpty() && waiting.isEmpty()); ) {
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
        List<CompletionTask> ending;
        lock.lock();
        try {
            closing = true;
            dropped = new ArrayList<>(waiting);
            waiting.clear();
            ending = new ArrayList<>(running);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        dropped.forEach(task -> {
            counters.ended(Generation.Outcome.FAILED);
            task.fail(new ClosedException("the engine"));
        });
        ending.forEach(CompletionTask::cancel);
        join();
        if (embedder != null) {
            embedder.close();
        }
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
