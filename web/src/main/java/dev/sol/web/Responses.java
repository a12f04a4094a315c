package dev.sol.web;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.openai.ApiError;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Responses with a JSON body. On the event loop. */
final class Responses {
    private static final Logger log = LoggerFactory.getLogger(Responses.class);
    private static final String JSON = "application/json; charset=utf-8";

    private Responses() {}

    static void json(HttpServerResponse response, JsonNode body) {
        if (!response.ended() && !response.closed()) {
            response.putHeader(HttpHeaders.CONTENT_TYPE, JSON).end(body.toString());
        }
    }

    /** Answers with an error in OpenAI's shape. Cuts the connection when something else was sent already. */
    static void error(HttpServerResponse response, Throwable failure) {
        ApiError error = errorOf(failure);
        if (response.ended() || response.closed()) {
            return;
        }
        if (response.headWritten()) {
            response.reset();
            return;
        }
        response.setStatusCode(error.status());
        if (error.status() == 429) {
            // The queue moves on when the running completion ends: seconds, not minutes.
            response.putHeader("Retry-After", "1");
        }
        if (failure instanceof HttpFailure http) {
            http.headers().forEach(response::putHeader);
        }
        json(response, error.json());
    }

    /** What to tell the client about a failure. What is not its fault is logged, since the client is told little. */
    static ApiError errorOf(Throwable failure) {
        ApiError error = failure instanceof HttpFailure http ? http.error() : ApiError.of(failure);
        if (error.status() == 500) {
            log.error("a request failed", failure);
        }
        return error;
    }
}
