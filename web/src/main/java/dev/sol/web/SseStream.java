package dev.sol.web;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * A response of server-sent events, whose head is sent with the first of them.
 *
 * <p>Events that have not left for the client's socket are counted. When they exceed a limit, because the client does not read,
 * the stream stops taking more and says so once. So a slow reader costs a bounded amount of memory and never makes a sender
 * wait.
 */
final class SseStream {
    private final HttpServerResponse response;
    private final Context context;
    private final long maxPendingBytes;
    private final Runnable onOverflow;
    private final AtomicLong pendingBytes = new AtomicLong();
    private volatile boolean overflowed;

    /**
     * @param context of the request
     * @param maxPendingBytes the most that may wait to be sent; a single event may exceed it
     * @param onOverflow called on {@code context}
     */
    SseStream(HttpServerResponse response, Context context, long maxPendingBytes, Runnable onOverflow) {
        this.response = response;
        this.context = context;
        this.maxPendingBytes = maxPendingBytes;
        this.onOverflow = onOverflow;
    }

    /** Sends an event, after those before it. Any thread, one at a time. Never blocks. */
    void send(String data) {
        if (overflowed) {
            return;
        }
        Buffer event = Buffer.buffer(event(data));
        int length = event.length();
        if (pendingBytes.getAndAdd(length) > maxPendingBytes) {
            overflowed = true;
            context.runOnContext(_ -> onOverflow.run());
        } else {
            context.runOnContext(_ -> write(event, length));
        }
    }

    private void write(Buffer event, int length) {
        if (!isOver()) {
            begin();
            response.write(event).onComplete(_ -> pendingBytes.addAndGet(-length));
        }
    }

    /** Sends the last events, which the limit does not concern, and ends the response. On the context. */
    void end(List<String> data) {
        String events = data.stream().map(SseStream::event).collect(Collectors.joining());
        context.runOnContext(
                _ -> { // after the events that are on their way
                    if (!overflowed && !isOver()) {
                        begin();
                        response.end(events);
                    }
                });
    }

    /** Whether anything was sent. On the context. */
    boolean isStarted() {
        return response.headWritten();
    }

    private boolean isOver() {
        return response.ended() || response.closed();
    }

    private void begin() {
        if (!response.headWritten()) {
            response.putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                    .putHeader("X-Accel-Buffering", "no"); // nginx in front of us must not collect the events
        }
    }

    private static String event(String data) {
        return "data: " + data + "\n\n";
    }
}
