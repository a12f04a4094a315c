package dev.sol.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.Prompt;
import dev.sol.runtime.openai.EmbeddingCall;
import dev.sol.runtime.openai.EmbeddingJson;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * {@code POST /v1/embeddings}.
 *
 * @param worker a thread that computes: it is busy for as long as a text takes
 */
record EmbeddingsHandler(Services services, WorkerExecutor worker) {

    /** Throws what {@link Responses#errorOf} knows. */
    void handle(RoutingContext routing, Buffer body) {
        ServedModel model = services.readiness().model();
        EmbeddingCall call = EmbeddingCall.parse(model.id(), body.getBytes());
        HttpServerResponse response = routing.response();
        AtomicBoolean gone = new AtomicBoolean();
        response.closeHandler(_ -> gone.set(true));
        worker.executeBlocking(() -> embed(model, call, gone), false).onComplete(done -> {
            if (gone.get()) {
                return;
            }
            if (done.succeeded()) {
                Responses.json(response, done.result());
            } else {
                Responses.error(response, done.cause());
            }
        });
    }

    private static ObjectNode embed(ServedModel model, EmbeddingCall call, AtomicBoolean gone) {
        List<float[]> vectors = new ArrayList<>();
        int count = 0;
        for (Prompt input : call.inputs()) {
            if (gone.get()) {
                throw new CancellationException("the client has gone");
            }
            int[] tokens = model.texts().tokens(input);
            vectors.add(model.embedding().embed(tokens));
            count += tokens.length;
        }
        return EmbeddingJson.of(model.id(), vectors, call.base64(), count);
    }
}
