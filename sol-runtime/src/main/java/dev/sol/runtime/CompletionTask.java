package dev.sol.runtime;

import dev.sol.policy.Budget;
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

    private final CompletionRequest request;
    private final CompletionListener listener;
    private final Execution execution;
    private final Consumer<CompletionTask> onCancel;
    private final CompletableFuture<CompletionResult> result = new CompletableFuture<>();
    private volatile boolean cancelled;

    /**
     * @param execution of the decoder that is to run it
     * @param onCancel told once that the task was cancelled, on the cancelling thread
     */
    CompletionTask(
            CompletionRequest request,
            CompletionListener listener,
            Execution execution,
            Consumer<CompletionTask> onCancel) {
        this.request = request;
        this.listener = listener;
        this.execution = execution;
        this.onCancel = onCancel;
    }

    /**
     * Runs the request to its end. On the decode thread.
     *
     * @return completes the future; never throws
     */
    Runnable run(Decoder decoder) {
        try {
            GuardedListener guarded = new GuardedListener();
            guarded.onStart();
            CompletionResult ended = new Generation(decoder, request, guarded, () -> cancelled).run();
            return () -> result.complete(ended);
        } catch (RuntimeException | Error e) {
            return () -> fail(e);
        }
    }

    /** Ends a task that was cancelled before it ran. */
    void endCancelled() {
        Budget budget = request.budget(); // of one in milliseconds nobody has asked what it buys
        result.complete(new CompletionResult(
                "",
                FinishReason.CANCELLED,
                0,
                0,
                budget == null ? Budget.DENSE : budget,
                null,
                request.isBudgeted() ? request.policy().name() : "dense",
                execution,
                OptionalDouble.empty(),
                0,
                0,
                OptionalInt.empty(),
                List.of(),
                new Timings(0, 0, 0, 0),
                request.trace() ? List.of() : null));
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
        private boolean failed;

        @Override
        public void onStart() {
            guard(listener::onStart);
        }

        @Override
        public void onText(String text) {
            guard(() -> listener.onText(text));
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
