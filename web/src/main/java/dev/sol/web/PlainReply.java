package dev.sol.web;

import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.TraceEntry;
import dev.sol.runtime.openai.AnswerJson;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;

/** One JSON body, when everything is there. */
record PlainReply(AnswerJson json, HttpServerResponse response) implements Reply {
    @Override
    public void more(int choice, String text, List<TraceEntry> tokens) {
        // the result has it all
    }

    @Override
    public void ended(int choice, CompletionResult result) {
        // others may be missing
    }

    @Override
    public void finish(List<CompletionResult> results) {
        Responses.json(response, json.whole(results));
    }

    @Override
    public void fail(Throwable failure) {
        Responses.error(response, failure);
    }
}
