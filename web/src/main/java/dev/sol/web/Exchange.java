package dev.sol.web;

import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.CompletionListener;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.Prompt;
import dev.sol.runtime.engine.TraceEntry;
import dev.sol.runtime.openai.AnswerJson;
import dev.sol.runtime.openai.Delivery;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request that generates, on its event loop. Its choices are completed on the engine's thread, whose calls hop back here in
 * order. A client that goes away, or does not read, cancels them all, also while they wait in the queue.
 */
final class Exchange {
    /** Characters of prompts up to which they are tokenised on the event loop: about a millisecond. */
    private static final int SHORT = 16 << 10;

    private static final Logger log = LoggerFactory.getLogger(Exchange.class);

    private final Services services;
    private final ServedModel model;
    private final HttpServerResponse response;
    private final Context context;
    private final long startNanos = System.nanoTime();
    private List<CompletionHandle> handles = List.of();
    private @Nullable AnswerJson json;
    private @Nullable CompletionResult[] results = {};
    private int missing;
    private boolean over;
    private boolean texted; // on the decode thread

    /** What is to be completed, and how that is written. */
    record Job(List<CompletionRequest> requests, AnswerJson json, Delivery delivery) {}

    Exchange(Services services, ServedModel model, HttpServerResponse response, Context context) {
        this.services = services;
        this.model = model;
        this.response = response;
        this.context = context;
        response.closeHandler(_ -> cancel());
    }

    /** Starts, unless the client has gone meanwhile. */
    void start(Job job) {
        json = job.json();
        if (over) {
            job.json().close();
            return;
        }
        Reply reply = reply(job);
        results = new CompletionResult[job.requests().size()];
        missing = results.length;
        if (isShort(job)) {
            try {
                submitted(submit(job, reply));
            } catch (RuntimeException e) {
                fail(reply, e);
            }
        } else {
            context.executeBlocking(() -> submit(job, reply), false)
                    .onSuccess(this::submitted)
                    .onFailure(e -> fail(reply, e));
        }
    }

    private static boolean isShort(Job job) {
        long length = 0;
        for (CompletionRequest request : job.requests()) {
            length += request.prompt() instanceof Prompt.Text(String text) ? text.length() : 0;
        }
        return length <= SHORT;
    }

    /** All or, if one is refused, none. Tokenises the prompts, so it may be on a worker thread. */
    private List<CompletionHandle> submit(Job job, Reply reply) {
        List<CompletionHandle> accepted = new ArrayList<>();
        try {
            for (CompletionRequest request : job.requests()) {
                int choice = accepted.size();
                CompletionHandle handle = model.completer().submit(request, listener(choice, reply));
                accepted.add(handle);
                var _ = handle.result()
                        .whenComplete(
                                (result, failure) -> context.runOnContext(_ -> ended(choice, reply, result, failure)));
            }
            return accepted;
        } catch (RuntimeException e) {
            accepted.forEach(CompletionHandle::cancel);
            throw e;
        }
    }

    private void submitted(List<CompletionHandle> accepted) {
        handles = accepted;
        if (over) { // meanwhile
            accepted.forEach(CompletionHandle::cancel);
        }
    }

    private CompletionListener listener(int choice, Reply reply) {
        return new CompletionListener() {
            @Override
            public void onText(String text) {
                onOutput(text, List.of());
            }

            @Override
            public void onOutput(String text, List<TraceEntry> tokens) {
                if (!texted) {
                    texted = true;
                    services.metrics().firstText(System.nanoTime() - startNanos);
                }
                reply.more(choice, text, tokens);
            }
        };
    }

    private Reply reply(Job job) {
        if (!job.delivery().stream()) {
            return new PlainReply(job.json(), response);
        }
        SseStream stream = new SseStream(response, context, services.options().maxPendingBytes(), this::cutOff);
        return new StreamedReply(job.json(), response, stream, job.delivery().includeUsage());
    }

    private void ended(int choice, Reply reply, @Nullable CompletionResult result, @Nullable Throwable failure) {
        if (over || response.ended() || response.closed()) {
            return;
        }
        try {
            if (result == null) {
                fail(reply, failure == null ? new IllegalStateException("no result") : failure);
            } else if (result.finishReason() == FinishReason.CANCELLED) {
                fail(reply, cancelled());
            } else {
                succeeded(choice, reply, result);
            }
        } catch (RuntimeException e) { // nobody else would answer
            cancel();
            Responses.error(response, e);
        }
    }

    private RuntimeException cancelled() {
        return services.readiness().isStopping()
                ? HttpFailure.shuttingDown()
                : new IllegalStateException("the completion was cancelled, and not by the client");
    }

    private void succeeded(int choice, Reply reply, CompletionResult result) {
        services.metrics().completed(result);
        log.info(
                "completed: {} prompt and {} generated tokens, {}",
                result.promptTokens(),
                result.completionTokens(),
                result.finishReason());
        results[choice] = result;
        reply.ended(choice, result);
        missing--;
        if (missing == 0) {
            List<CompletionResult> all = new ArrayList<>();
            for (CompletionResult one : results) {
                if (one != null) {
                    all.add(one);
                }
            }
            reply.finish(all);
            over = true;
            close();
        }
    }

    private void fail(Reply reply, Throwable failure) {
        reply.fail(failure);
        cancel();
    }

    /** The client does not read. */
    private void cutOff() {
        cancel();
        response.reset(); // closed only when what the socket has taken is read, or the client goes
    }

    private void cancel() {
        if (!over) {
            over = true;
            handles.forEach(CompletionHandle::cancel);
            close();
        }
    }

    private void close() {
        AnswerJson made = json;
        if (made != null) {
            made.close();
        }
    }
}
