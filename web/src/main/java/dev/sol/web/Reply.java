package dev.sol.web;

import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;

/** How completions are answered. On the event loop, but for {@link #more}. */
sealed interface Reply permits PlainReply, StreamedReply {
    /** More of a choice; on the decode thread. */
    void more(int choice, String text, List<TraceEntry> tokens);

    /** A choice has ended by itself. */
    void ended(int choice, CompletionResult result);

    /** All choices have. */
    void finish(List<CompletionResult> results);

    /** There are no results, or nobody who wants them. */
    void fail(Throwable failure);
}
