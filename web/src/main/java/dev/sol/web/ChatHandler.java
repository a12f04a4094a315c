package dev.sol.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.chat.ChatRequest;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.openai.ChatCall;
import dev.sol.runtime.openai.ChatFormat;
import dev.sol.runtime.openai.ChatJson;
import dev.sol.runtime.openai.TokenText;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/** {@code POST /v1/chat/completions} and {@code POST /apply-template}. */
record ChatHandler(Services services) {

    /** Throws what {@link Responses#errorOf} knows. */
    void complete(RoutingContext routing, Buffer body) {
        ServedModel model = services.readiness().model();
        ChatCall call = model.conversations().parse(body.getBytes());
        Exchange exchange = new Exchange(
                services, model, routing.response(), routing.vertx().getOrCreateContext());
        Handlers.onWorker(routing, () -> job(model, call), exchange::start);
    }

    private static Exchange.Job job(ServedModel model, ChatCall call) {
        ChatFormat.Rendered rendered = model.chat().apply(call.conversation());
        List<CompletionRequest> requests = call.requests(rendered);
        Set<Integer> shown = rendered.shownTokens();
        TokenText texts = token -> model.texts().bytes(token, shown.contains(token));
        return new Exchange.Job(requests, ChatJson.create(model.id(), call, rendered, texts), call.delivery());
    }

    /** Answers with the prompt alone. */
    void apply(RoutingContext routing, Buffer body) {
        ServedModel model = services.readiness().model();
        ChatRequest conversation = model.conversations().conversation(body.getBytes());
        Handlers.onWorker(routing, () -> model.chat().apply(conversation).text(), prompt -> {
            ObjectNode answer = JsonNodeFactory.instance.objectNode().put("prompt", prompt);
            Responses.json(routing.response(), answer);
        });
    }
}
