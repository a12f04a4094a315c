package dev.sol.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /health}: 200 when completions are accepted, 503 while the model is being loaded and when the server stops. */
record HealthHandler(Readiness readiness) implements Handler<RoutingContext> {
    @Override
    public void handle(RoutingContext context) {
        ServedModel _ = readiness.model();
        Responses.json(context.response(), JsonNodeFactory.instance.objectNode().put("status", "ok"));
    }
}
