package dev.sol.runtime.engine;

import dev.sol.runtime.ClosedException;
import dev.sol.runtime.EngineException;
import dev.sol.runtime.RequestException;
import java.util.concurrent.CompletableFuture;

/** A submitted request. For any thread. */
public interface CompletionHandle {
    /**
     * Ends the completion within one decode step, also during a long prompt or in the queue; its result then has {@link
     * FinishReason#CANCELLED} and what there was of the text. Does nothing when it has ended. Returns at once.
     */
    void cancel();

    /**
     * The result; or the failure: {@link RequestException} for what the request asks, {@link ClosedException} when the engine
     * was closed before it started, {@link EngineException} when decoding failed. Each call returns a future of its own;
     * completing or cancelling it has no effect on the request. Dependent actions without an executor run on the decode
     * thread and must not block.
     */
    CompletableFuture<CompletionResult> result();
}
