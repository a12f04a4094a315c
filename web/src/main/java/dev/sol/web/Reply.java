package dev.sol.web;

import dev.sol.runtime.CompletionListener;
import dev.sol.runtime.CompletionResult;
import dev.sol.runtime.FinishReason;

/** How a completion is answered. The listener's methods are called on the decode thread, the others on the event loop. */
sealed interface Reply extends CompletionListener permits PlainReply, StreamedReply {
    /** The completion has ended by itself: not {@link FinishReason#CANCELLED}. */
    void finish(CompletionResult result);

    /** There is no result, or nobody who wants it. */
    void fail(Throwable failure);
}
