package dev.sol.runtime.engine;

import dev.sol.runtime.ClosedException;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Embedder;
import dev.sol.runtime.EngineException;
import dev.sol.runtime.Execution;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.Model;
import dev.sol.runtime.RequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Completes requests, several at once, on a thread of its own. Every step of all that run is one batch, in which each token has its own
 * knobs; the others wait in a bounded queue. For any number of threads.
 *
 * <p><b>Slots.</b> As many requests run at once as the context has sequences ({@link ContextOptions#maxSequences}). They start in the
 * order in which they came; prompts are computed in small pieces between the steps of the others.
 *
 * <p><b>Capacity.</b> The slots share the cells of one KV cache, so a request that is alone can use the whole context. There are {@link
 * ContextOptions#cells}; unless that says otherwise, a context's for each slot, but in all no more than one context or {@link
 * ContextOptions#DEFAULT_CONTEXT}. A request starts when a slot is free and the cells suffice for its prompt and all tokens that it may
 * generate, beside those of the requests that run; until then it waits, and those behind it do. So no answer is cut off because of
 * others. What does not fit the context at all is refused (the prompt) or capped ({@link CompletionResult#cappedMaxTokens}).
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
    private final RequestQueue queue;
    private final Thread thread;
    private final EngineCounters counters = new EngineCounters();
    private final Interrupter interrupter;
    private final Scheduler scheduler; // of the decode thread
    private volatile int cellsUsed;

    /** Takes over the decoder and the embedder. */
    private CompletionEngine(Decoder decoder, @Nullable Model model, @Nullable Embedder embedder, int queueCapacity) {
        this.decoder = decoder;
        this.model = model;
        this.embedder = embedder;
        this.queue = new RequestQueue(queueCapacity, decoder.sequences());
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
        return !queue.isClosing() && thread.isAlive();
    }

    /** Whether a request is being completed. */
    public boolean isBusy() {
        return queue.running() > 0;
    }

    /** The number of requests that wait. */
    public int queueLength() {
        return queue.waiting();
    }

    /** What the engine is doing and has done. Cheap. */
    public EngineStatistics statistics() {
        return counters.statistics(decoder.sequences(), queue.running(), queue.waiting(), decoder.cells(), cellsUsed);
    }

    /**
     * Accepts a request. A prompt that is a text is turned into tokens on the calling thread, which takes a while if it is long; what is
     * wrong with it fails the result.
     *
     * @throws QueueFullException if as many requests as allowed are waiting
     * @throws ClosedException after {@link #close}
     */
    public CompletionHandle submit(CompletionRequest request, CompletionListener listener) {
        try {
            queue.check(); // before the prompt is looked at
            int[] prompt = PromptTokens.of(request.prompt(), decoder);
            CompletionTask task = new CompletionTask(request, prompt, listener, decoder, this::cancelled);
            queue.add(task);
            counters.accepted.increment();
            return task;
        } catch (QueueFullException e) {
            counters.rejected.increment();
            throw e;
        } catch (RequestException e) {
            return CompletionTask.failed(request, decoder, e);
        }
    }

    private void cancelled(CompletionTask task) {
        if (queue.remove(task)) {
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
                publish(ended);
            }
        } catch (RuntimeException | Error e) { // not of one request: those are caught where they belong
            queue.refuse();
            fail(queue.removeWaiting(), e);
            fail(queue.allRunning(), e);
            throw e;
        }
    }

    /** Starts what can be started; waits when there is nothing to do. False when the engine closes and nothing is left. */
    private boolean admit(List<Scheduler.Ended> ended) {
        while (true) {
            for (CompletionTask task : queue.removeTimedOut()) {
                fail(List.of(task), task.timeoutFailure(false));
            }
            for (CompletionTask task = start(); task != null; task = start()) {
                scheduler.start(task, ended);
                cellsUsed = scheduler.cellsUsed();
                publish(ended);
            }
            if (!scheduler.isIdle()) {
                return true;
            }
            if (queue.isClosing() && queue.waiting() == 0) {
                return false;
            }
            queue.awaitRequest();
        }
    }

    private @Nullable CompletionTask start() {
        return queue.start(scheduler::fits);
    }

    /** Who waits for a result finds its slot free. */
    private void publish(List<Scheduler.Ended> ended) {
        if (ended.isEmpty()) {
            return;
        }
        cellsUsed = scheduler.cellsUsed();
        ended.forEach(end -> queue.ended(end.task()));
        ended.forEach(end -> end.publish().run());
        ended.clear();
    }

    private void fail(List<CompletionTask> tasks, Throwable cause) {
        for (CompletionTask task : tasks) {
            queue.ended(task);
            counters.ended(Generation.Outcome.FAILED);
            task.fail(cause);
        }
    }

    // ---- Closing

    /**
     * Stops accepting requests, lets those accepted end for at most {@code grace}, then does as {@link #close()}.
     *
     * @throws InterruptedException if interrupted while it waits; the engine is closed then too
     */
    public void close(Duration grace) throws InterruptedException {
        checkThread();
        try {
            queue.refuse();
            queue.awaitEnd(grace);
        } finally {
            close();
        }
    }

    /** Ends everything and frees the model. Returns when that is done; a second call does nothing more. */
    @Override
    public void close() {
        checkThread();
        queue.refuse();
        fail(queue.removeWaiting(), new ClosedException("the engine"));
        queue.allRunning().forEach(CompletionTask::cancel); // nothing else starts any more
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
