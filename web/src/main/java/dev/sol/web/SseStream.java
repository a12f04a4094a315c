package dev.sol.web;

import io.vertx.core.Context;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A response of server-sent events, whose head is sent with the first of them.
 *
 * <p>Events that have not left for the client's socket are counted. When they exceed a limit, because the client does not read,
 * the stream stops taking more and says so once. So a slow reader costs a bounded amount of memory and never makes a sender
 * wait.
 */
final class SseStream {
    private static final Logger log = LoggerFactory.getLogger(SseStream.class);

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

    /**
     * Sends events, after those before them. Any thread, one at a time. Never blocks.
     *
     * @param size of them, about, in bytes
     * @param events are made on the context, when it is their turn
     */
    void send(int size, Supplier<List<String>> events) {
        if (overflowed) {
            return;
        }
        if (pendingBytes.getAndAdd(size) > maxPendingBytes) {
            overflowed = true;
            context.runOnContext(_ -> onOverflow.run());
        } else {
            context.runOnContext(_ -> {
                try {
                    write(events, () -> pendingBytes.addAndGet(-size));
                } catch (RuntimeException e) { // a stream with a gap is worse than none
                    log.error("an event could not be written", e);
                    overflowed = true;
                    onOverflow.run();
                }
            });
        }
    }

    /** Sends events that the limit does not concern, as nothing follows that could pile up behind them. On the context. */
    void sendLast(Supplier<List<String>> events) {
        if (!overflowed) {
            write(events, () -> {});
        }
    }

    private void write(Supplier<List<String>> events, Runnable sent) {
        String data = overflowed || isOver() ? "" : join(events.get());
        if (data.isEmpty()) {
            sent.run();
        } else {
            begin();
            response.write(data).onComplete(_ -> sent.run());
        }
    }

    /** Sends the last events and ends the response. On the context. */
    void end(List<String> data) {
        if (!overflowed && !isOver()) {
            begin();
            response.end(join(data));
        }
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

    private static String join(List<String> data) {
        return data.stream().map(event -> "data: " + event + "\n\n").collect(Collectors.joining());
    }
}
