package dev.sol.web;

import dev.sol.runtime.CompletionResult;
import dev.sol.runtime.openai.CompletionJson;
import io.vertx.core.http.HttpServerResponse;

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
        stream.send(json.finalChunk(result).toString());
        if (includeUsage) {
            stream.send(json.usageChunk(result).toString());
        }
        stream.send("[DONE]");
        stream.end();
    }

    @Override
    public void fail(Throwable failure) {
        if (stream.isStarted()) {
            stream.send(Responses.errorOf(failure).json().toString());
            stream.end();
        } else {
            Responses.error(response, failure);
        }
    }
}
