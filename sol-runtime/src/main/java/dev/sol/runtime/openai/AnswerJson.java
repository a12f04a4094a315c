package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;

/**
 * The bodies of one answer, which has one or more choices: either {@link #whole}, or chunks. {@code toString()} of what the methods
 * return is the JSON text. For one thread at a time.
 */
public interface AnswerJson extends AutoCloseable {
    /** The body of an answer that is not streamed. */
    ObjectNode whole(List<CompletionResult> results);

    /** The chunks with which a choice begins, before its first text. */
    List<ObjectNode> begin(int choice);

    /**
     * The chunks for more of a choice; see {@link dev.sol.runtime.engine.CompletionListener#onOutput}.
     *
     * @param text may be empty
     * @param tokens that are complete with it
     */
    List<ObjectNode> more(int choice, String text, List<TraceEntry> tokens);

    /** The chunks with which a choice ends: {@code finish_reason}, {@code timings}, {@code sol}; with one choice {@code usage}. */
    List<ObjectNode> end(int choice, CompletionResult result);

    /** What follows the last choice when the request has {@code stream_options.include_usage}. */
    ObjectNode usage(List<CompletionResult> results);

    /** Frees what the bodies were made with. */
    @Override
    default void close() {}
}
