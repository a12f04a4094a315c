package dev.sol.web;

import dev.sol.runtime.CompletionHandle;
import dev.sol.runtime.CompletionResult;
import dev.sol.runtime.FinishReason;
import dev.sol.runtime.openai.CompletionCall;
import dev.sol.runtime.openai.CompletionJson;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /v1/completions}. Requests are parsed on the event loop and completed on the engine's thread, whose calls hop back
 * to the request's event loop in order. A client that goes away cancels its request, also while that waits in the queue.
 */
final class CompletionsHandler {
    private static final Logger log = LoggerFactory.getLogger(CompletionsHandler.class);

    private final Readiness readiness;
    private final long maxPendingBytes;

    /** @param maxPendingBytes see {@link ServerOptions} */
    CompletionsHandler(Readiness readiness, long maxPendingBytes) {
        this.readiness = readiness;
        this.maxPendingBytes = maxPendingBytes;
    }

    /** Throws what {@link Responses#errorOf} knows. */
    void handle(RoutingContext routing, Buffer body) {
        ServedModel model = readiness.model();
        CompletionCall call = model.parser().parse(body.getBytes());
        new Exchange(routing.response(), routing.vertx().getOrCreateContext()).start(model, call);
    }

    /** One request, on its event loop. */
    private final class Exchange {
        private final HttpServerResponse response;
        private final Context context;
        private @Nullable CompletionHandle handle;
        private boolean cutOff;

        Exchange(HttpServerResponse response, Context context) {
            this.response = response;
            this.context = context;
        }

        void start(ServedModel model, CompletionCall call) {
            Reply reply = reply(CompletionJson.create(model.id()), call);
            CompletionHandle submitted = model.completer().submit(call.request(), reply);
            handle = submitted;
            response.closeHandler(_ -> submitted.cancel());
            CompletableFuture<CompletionResult> _ = submitted
                    .result()
                    .whenComplete((result, failure) -> context.runOnContext(_ -> end(reply, result, failure)));
        }

        private Reply reply(CompletionJson json, CompletionCall call) {
            if (!call.stream()) {
                return new PlainReply(json, response);
            }
            SseStream stream = new SseStream(response, context, maxPendingBytes, this::cutOff);
            return new StreamedReply(json, response, stream, call.includeUsage());
        }

        /** The client does not read. */
        private void cutOff() {
            cutOff = true;
            if (handle != null) {
                handle.cancel();
            }
            response.reset(); // closed only when what the socket has taken is read, or the client goes
        }

        private void end(Reply reply, @Nullable CompletionResult result, @Nullable Throwable failure) {
            if (cutOff || response.ended() || response.closed()) {
                return;
            }
            try {
                answer(reply, result, failure);
            } catch (RuntimeException e) { // nobody else would answer
                Responses.error(response, e);
            }
        }

        private void answer(Reply reply, @Nullable CompletionResult result, @Nullable Throwable failure) {
            if (result == null) {
                reply.fail(failure == null ? new IllegalStateException("no result") : failure);
            } else if (result.finishReason() != FinishReason.CANCELLED) {
                reply.finish(result);
                log.info(
                        "completed: {} prompt and {} generated tokens, {}",
                        result.promptTokens(),
                        result.completionTokens(),
                        result.finishReason());
            } else if (readiness.isStopping()) {
                reply.fail(HttpFailure.shuttingDown());
            } else {
                reply.fail(new IllegalStateException("the completion was cancelled, and not by the client"));
            }
        }
    }
}
