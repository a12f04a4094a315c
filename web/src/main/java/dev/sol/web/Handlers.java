package dev.sol.web;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** What handlers of bodies share: work that takes long, such as templates and tokenising, leaves the event loop. */
final class Handlers {
    private Handlers() {}

    /** Does {@code work} on a worker thread, then {@code next} on the event loop; a failure answers the request. */
    static <T> void onWorker(RoutingContext routing, Callable<T> work, Consumer<T> next) {
        HttpServerResponse response = routing.response();
        Context context = routing.vertx().getOrCreateContext();
        context.executeBlocking(work, false).onComplete(done -> {
            if (done.failed()) {
                Responses.error(response, done.cause());
                return;
            }
            try {
                next.accept(done.result());
            } catch (RuntimeException e) { // nobody else would answer
                Responses.error(response, e);
            }
        });
    }
}
