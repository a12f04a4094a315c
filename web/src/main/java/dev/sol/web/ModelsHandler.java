package dev.sol.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /v1/models}: the one that is loaded. */
record ModelsHandler(Readiness readiness) implements Handler<RoutingContext> {
    @Override
    public void handle(RoutingContext context) {
        ServedModel model = readiness.model();
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("object", "list");
        body.putArray("data")
                .addObject()
                .put("id", model.id())
                .put("object", "model")
                .put("created", model.loaded().getEpochSecond())
                .put("owned_by", "sol");
        Responses.json(context.response(), body);
    }
}
