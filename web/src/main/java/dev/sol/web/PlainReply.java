package dev.sol.web;

import dev.sol.runtime.CompletionResult;
import dev.sol.runtime.openai.CompletionJson;
import io.vertx.core.http.HttpServerResponse;

/** One JSON body, when everything is there. */
record PlainReply(CompletionJson json, HttpServerResponse response) implements Reply {
    @Override
    public void onText(String text) {
        // the result has it all
    }

    @Override
    public void finish(CompletionResult result) {
        Responses.json(response, json.completion(result));
    }

    @Override
    public void fail(Throwable failure) {
        Responses.error(response, failure);
    }
}
