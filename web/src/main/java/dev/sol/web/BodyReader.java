package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a request as bytes, up to a limit and within a time, and hands it on. The content type is not looked at: {@code curl -d}
 * calls everything a form, and Vert.x' own body handler would take it apart as one.
 *
 * <p>A body that is too large is refused as soon as that is known. What still comes of it is discarded for a while, since a
 * client that is busy sending does not read, and would see a broken connection rather than the answer.
 */
final class BodyReader implements Handler<RoutingContext> {
    /** How long a refused body may go on before the connection is cut. */
    private static final Duration DISCARD = Duration.ofSeconds(5);

    private final long limit;
    private final Duration patience;
    private final BiConsumer<RoutingContext, Buffer> next;

    /**
     * @param limit in bytes
     * @param patience a body must be complete after this time
     * @param next gets the body, on the event loop
     */
    BodyReader(long limit, Duration patience, BiConsumer<RoutingContext, Buffer> next) {
        this.limit = limit;
        this.patience = patience;
        this.next = next;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            refuse(context, HttpFailure.unsupportedEncoding(encoding));
        } else if (declaredLength(request) > limit) {
            refuse(context, HttpFailure.bodyTooLarge(limit));
        } else {
            if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
                request.response().writeContinue();
            }
            new Reading(context).start();
        }
    }

    /** -1 if the client does not say. What it says wrongly, the HTTP decoder has refused. */
    private static long declaredLength(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static void refuse(RoutingContext context, HttpFailure failure) {
        HttpServerRequest request = context.request();
        request.handler(_ -> {});
        context.fail(failure);
        long timer = context.vertx()
                .setTimer(DISCARD.toMillis(), _ -> request.connection().close());
        request.endHandler(_ -> context.vertx().cancelTimer(timer));
        request.exceptionHandler(_ -> context.vertx().cancelTimer(timer));
    }

    /** One body, on its event loop. */
    private final class Reading {
        private final RoutingContext context;
        private @Nullable Buffer body = Buffer.buffer();
        private long timer;

        Reading(RoutingContext context) {
            this.context = context;
        }

        void start() {
            HttpServerRequest request = context.request();
            timer = context.vertx().setTimer(patience.toMillis(), _ -> giveUp());
            request.handler(this::add);
            request.endHandler(_ -> end());
            request.exceptionHandler(_ -> context.vertx().cancelTimer(timer)); // the connection is gone
        }

        private void add(Buffer part) {
            Buffer buffer = body;
            if (buffer == null) {
                return;
            }
            if (buffer.length() + (long) part.length() > limit) {
                body = null;
                context.vertx().cancelTimer(timer);
                refuse(context, HttpFailure.bodyTooLarge(limit));
            } else {
                buffer.appendBuffer(part);
            }
        }

        private void end() {
            Buffer buffer = body;
            body = null;
            context.vertx().cancelTimer(timer);
            if (buffer != null) {
                try {
                    next.accept(context, buffer);
                } catch (RuntimeException e) {
                    context.fail(e);
                }
            }
        }

        private void giveUp() {
            body = null;
            context.fail(HttpFailure.bodyTooSlow(patience));
            context.request().connection().close();
        }
    }
}
