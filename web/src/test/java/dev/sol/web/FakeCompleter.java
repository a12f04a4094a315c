package dev.sol.web;

import dev.sol.policy.Budget;
import dev.sol.runtime.Execution;
import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.CompletionListener;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.EngineStatistics;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.Timings;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Takes requests; the test says what becomes of them. */
final class FakeCompleter implements Completer {
    private final BlockingQueue<Submission> submissions = new LinkedBlockingQueue<>();
    private volatile boolean alive = true;
    private volatile @Nullable RuntimeException refusal;

    /** An accepted request. The test is its decode thread. */
    static final class Submission implements CompletionHandle {
        final CompletionRequest request;
        private final CompletionListener listener;
        private final CompletableFuture<CompletionResult> result = new CompletableFuture<>();
        private final CountDownLatch cancelled = new CountDownLatch(1);

        private Submission(CompletionRequest request, CompletionListener listener) {
            this.request = request;
            this.listener = listener;
        }

        void text(String piece) {
            output(piece);
        }

        void output(String piece, TraceEntry... tokens) {
            listener.onOutput(piece, List.of(tokens));
        }

        void finish(String text, FinishReason reason, TraceEntry... tokens) {
            result.complete(resultOf(text, reason, List.of(tokens)));
        }

        void finish(String text) {
            result.complete(resultOf(text, FinishReason.STOP, null));
        }

        void finishCancelled() {
            result.complete(resultOf("", FinishReason.CANCELLED, null));
        }

        void fail(Throwable cause) {
            result.completeExceptionally(cause);
        }

        boolean isCancelled() {
            return cancelled.getCount() == 0;
        }

        boolean awaitCancelled() throws InterruptedException {
            return cancelled.await(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        @Override
        public void cancel() {
            cancelled.countDown();
        }

        @Override
        public CompletableFuture<CompletionResult> result() {
            return result.copy();
        }
    }

    /** The next request that comes in. */
    Submission take() throws InterruptedException {
        Submission next = submissions.poll(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no request came");
        }
        return next;
    }

    boolean isIdle() {
        return submissions.isEmpty();
    }

    void die() {
        alive = false;
    }

    /** Makes {@link #submit} throw, or not. */
    void refuse(@Nullable RuntimeException failure) {
        refusal = failure;
    }

    @Override
    public CompletionHandle submit(CompletionRequest request, CompletionListener listener) {
        RuntimeException failure = refusal;
        if (failure != null) {
            throw failure;
        }
        Submission submission = new Submission(request, listener);
        submissions.add(submission);
        return submission;
    }

    @Override
    public boolean isAlive() {
        return alive;
    }

    @Override
    public EngineStatistics statistics() {
        return new EngineStatistics(4, 1, submissions.size(), 0, 0, 0, 0, 0, 30, 10, 20, 0, 0, 0, 0, 0, 0);
    }

    private static CompletionResult resultOf(String text, FinishReason reason, @Nullable List<TraceEntry> tokens) {
        return new CompletionResult(
                text,
                reason,
                3,
                2,
                Budget.DENSE,
                null,
                "dense",
                Execution.SKIP,
                OptionalDouble.empty(),
                1,
                5,
                OptionalInt.empty(),
                List.of(),
                new Timings(3, 6, 2, 5),
                null,
                1,
                tokens,
                null,
                null);
    }
}
