package dev.sol.web;

import dev.sol.runtime.CompletionResult;
import dev.sol.runtime.openai.CompletionJson;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * Chunks as the text comes, then one with {@code finish_reason} and all figures, then {@code [DONE]}. Before the first chunk a
 * failure is an error with its HTTP status; after it an event with the error, which is the last one.
 */
record StreamedReply(CompletionJson json, HttpServerResponse response, SseStream stream, boolean includeUsage)
        implements Reply {
    @Override
    public void onText(String text) {
        stream.send(json.textChunk(text).toString());
    }

    @Override
    public void finish(CompletionResult result) {
        List<String> events = new ArrayList<>();
        events.add(json.finalChunk(result).toString());
        if (includeUsage) {
            events.add(json.usageChunk(result).toString());
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
}
