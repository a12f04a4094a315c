package dev.sol.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /v1/models} and {@code /v1/models/ID}: the one that is loaded. */
record ModelsHandler(Readiness readiness) implements Handler<RoutingContext> {
    @Override
    public void handle(RoutingContext context) {
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("object", "list");
        body.putArray("data").add(describe(readiness.model()));
        Responses.json(context.response(), body);
    }

    void one(RoutingContext context) {
        ServedModel model = readiness.model();
        String id = context.pathParam("model");
        if (!model.id().equals(id)) {
            throw HttpFailure.unknownModel(id, model.id());
        }
        Responses.json(context.response(), describe(model));
    }

    private static ObjectNode describe(ServedModel model) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", model.id())
                .put("object", "model")
                .put("created", model.loaded().getEpochSecond())
                .put("owned_by", "sol");
    }
}
