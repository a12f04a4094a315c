package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /props}: what the model is and what the server can do with it. */
record PropsHandler(Readiness readiness) implements Handler<RoutingContext> {
    @Override
    public void handle(RoutingContext context) {
        Responses.json(context.response(), readiness.model().properties());
    }
}
