package dev.sol.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.TraceEntry;
import dev.sol.runtime.openai.AnswerJson;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Chunks as the text comes, one with {@code finish_reason} and all figures for each choice, then {@code [DONE]}. Before the first
 * chunk a failure is an error with its HTTP status; after it an event with the error, which is the last one.
 */
final class StreamedReply implements Reply {
    /** What a chunk has beside its text and tokens, about, in bytes: they are counted before they are written. */
    private static final int FRAME = 200;

    private static final int TOKEN = 100;

    private final AnswerJson json;
    private final HttpServerResponse response;
    private final SseStream stream;
    private final boolean includeUsage;
    private final Set<Integer> begun = new HashSet<>();

    StreamedReply(AnswerJson json, HttpServerResponse response, SseStream stream, boolean includeUsage) {
        this.json = json;
        this.response = response;
        this.stream = stream;
        this.includeUsage = includeUsage;
    }

    @Override
    public void more(int choice, String text, List<TraceEntry> tokens) {
        stream.send(FRAME + text.length() + TOKEN * tokens.size(), () -> {
            List<ObjectNode> chunks = begin(choice);
            chunks.addAll(json.more(choice, text, tokens));
            return texts(chunks);
        });
    }

    private List<ObjectNode> begin(int choice) {
        return begun.add(choice) ? new ArrayList<>(json.begin(choice)) : new ArrayList<>();
    }

    @Override
    public void ended(int choice, CompletionResult result) {
        stream.sendLast(() -> {
            List<ObjectNode> chunks = begin(choice);
            chunks.addAll(json.end(choice, result));
            return texts(chunks);
        });
    }

    @Override
    public void finish(List<CompletionResult> results) {
        List<String> events = new ArrayList<>();
        if (includeUsage) {
            events.add(json.usage(results).toString());
        }
        events.add("[DONE]");
        stream.end(events);
    }

    @Override
    public void fail(Throwable failure) {
        if (stream.isStarted()) {
            stream.end(List.of(Responses.errorOf(failure).json().toString()));
        } else {
            Responses.error(response, failure);
        }
    }

    private static List<String> texts(List<ObjectNode> chunks) {
        return chunks.stream().map(ObjectNode::toString).toList();
    }
}
