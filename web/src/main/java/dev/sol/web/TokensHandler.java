package dev.sol.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.openai.TokenCalls;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;

/** llama-server's {@code POST /tokenize} and {@code POST /detokenize}. */
record TokensHandler(Services services) {

    void tokenize(RoutingContext routing, Buffer body) {
        Texts texts = services.readiness().model().texts();
        TokenCalls.Tokenize call = TokenCalls.Tokenize.parse(body.getBytes());
        Handlers.onWorker(
                routing,
                () -> call.answer(texts.encode(call.content(), call.addSpecial(), call.parseSpecial()), texts::bytes),
                answer -> Responses.json(routing.response(), answer));
    }

    void detokenize(RoutingContext routing, Buffer body) {
        Texts texts = services.readiness().model().texts();
        int[] tokens = TokenCalls.detokenize(body.getBytes(), texts.size());
        Handlers.onWorker(routing, () -> texts.decode(tokens), content -> {
            ObjectNode answer = JsonNodeFactory.instance.objectNode().put("content", content);
            Responses.json(routing.response(), answer);
        });
    }
}
