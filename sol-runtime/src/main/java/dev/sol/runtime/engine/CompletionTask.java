package dev.sol.runtime.engine;

import dev.sol.policy.Budget;
import dev.sol.runtime.Execution;
import dev.sol.runtime.RequestException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One submitted request. Its future is completed once, by whoever ends the task. */
final class CompletionTask implements CompletionHandle {
    private static final Logger log = LoggerFactory.getLogger(CompletionTask.class);

    /** What does not fit a long of nanoseconds is for ever. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

    private final CompletionRequest request;
    private final int[] prompt;
    private final int room;
    private final CompletionListener listener;
    private final Execution execution;
    private final Consumer<CompletionTask> onCancel;
    private final long submitted = System.nanoTime();
    private final long timeoutNanos;
    private final CompletableFuture<CompletionResult> result = new CompletableFuture<>();
    private volatile boolean cancelled;

    /**
     * @param prompt as {@link PromptTokens} says; not copied
     * @param decoder that is to run it
     * @param onCancel told that the task was cancelled, on the cancelling thread
     */
    CompletionTask(
            CompletionRequest request,
            int[] prompt,
            CompletionListener listener,
            Decoder decoder,
            Consumer<CompletionTask> onCancel) {
        this.request = request;
        this.prompt = prompt;
        this.room = decoder.contextLength() - prompt.length + 1; // the last token is never decoded
        this.listener = new GuardedListener(listener);
        this.execution = decoder.execution();
        this.onCancel = onCancel;
        this.timeoutNanos = request.timeout().map(CompletionTask::nanos).orElse(Long.MAX_VALUE);
    }

    private static long nanos(Duration time) {
        return time.compareTo(LONGEST) > 0 ? Long.MAX_VALUE : time.toNanos();
    }

    /** A task that is not accepted, since its prompt cannot be used. */
    static CompletionTask failed(CompletionRequest request, Decoder decoder, RequestException failure) {
        CompletionTask task = new CompletionTask(request, new int[0], CompletionListener.NONE, decoder, _ -> {});
        task.fail(failure);
        return task;
    }

    CompletionRequest request() {
        return request;
    }

    /** To be read only. */
    int[] prompt() {
        return prompt;
    }

    /** The most tokens to generate. */
    int limit() {
        return Math.min(request.maxTokens(), room);
    }

    /** How many tokens there is room for, if that is fewer than asked for. */
    OptionalInt capped() {
        return room < request.maxTokens() ? OptionalInt.of(room) : OptionalInt.empty();
    }

    /** The most KV cells that it can need. */
    int cells() {
        return prompt.length + Math.max(limit() - 1, 0);
    }

    /** Follows the request; never throws. */
    CompletionListener listener() {
        return listener;
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** Milliseconds to its deadline, which it must have; negative when that has passed. */
    double leftMillis() {
        return request.deadlineMillis().orElseThrow() - (System.nanoTime() - submitted) / 1e6;
    }

    boolean isTimedOut() {
        return System.nanoTime() - submitted >= timeoutNanos;
    }

    /**
     * The failure of a task whose time is over before its first token.
     *
     * @param started whether it had a slot
     */
    RequestTimeoutException timeoutFailure(boolean started) {
        return new RequestTimeoutException(request.timeout().orElseThrow(), started);
    }

    /** Ends a task that was cancelled before it had a slot. */
    void endCancelled() {
        Budget budget = request.budget(); // of one in milliseconds nobody has asked what it buys
        complete(new CompletionResult(
                "",
                FinishReason.CANCELLED,
                prompt.length,
                0,
                budget == null ? Budget.DENSE : budget,
                null,
                request.isBudgeted() ? request.policy().name() : "dense",
                execution,
                OptionalDouble.empty(),
                0,
                0,
                capped(),
                List.of(),
                new Timings(0, 0, 0, 0),
                request.trace() ? List.of() : null,
                0,
                request.wantsLogprobs() ? List.of() : null,
                request.promptLogprobs() ? List.of() : null,
                request.deadlineMillis().isPresent() ? Boolean.FALSE : null));
    }

    void complete(CompletionResult ended) {
        result.complete(ended);
    }

    void fail(Throwable cause) {
        result.completeExceptionally(cause);
    }

    @Override
    public void cancel() {
        cancelled = true;
        onCancel.accept(this);
    }

    @Override
    public CompletableFuture<CompletionResult> result() {
        return result.copy();
    }

    /** Cancels the request when the listener throws, and does not call it again. */
    private final class GuardedListener implements CompletionListener {
        private final CompletionListener guarded;
        private boolean failed;

        GuardedListener(CompletionListener guarded) {
            this.guarded = guarded;
        }

        @Override
        public void onStart() {
            guard(guarded::onStart);
        }

        @Override
        public void onText(String text) {
            guard(() -> guarded.onText(text));
        }

        @Override
        public void onOutput(String text, List<TraceEntry> tokens) {
            guard(() -> guarded.onOutput(text, tokens));
        }

        private void guard(Runnable call) {
            if (failed) {
                return;
            }
            try {
                call.run();
            } catch (RuntimeException e) {
                failed = true;
                cancelled = true;
                log.warn("a completion is cancelled: its listener failed", e);
            }
        }
    }
}
