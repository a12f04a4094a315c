package dev.sol.web;

import dev.sol.runtime.engine.Prompt;
import dev.sol.runtime.openai.CompletionCall;
import dev.sol.runtime.openai.CompletionJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;

/** {@code POST /v1/completions}. */
record CompletionsHandler(Services services) {

    /** Throws what {@link Responses#errorOf} knows. */
    void handle(RoutingContext routing, Buffer body) {
        ServedModel model = services.readiness().model();
        CompletionCall call = model.completions().parse(body.getBytes());
        Exchange exchange = new Exchange(
                services, model, routing.response(), routing.vertx().getOrCreateContext());
        if (call.echo()) {
            Handlers.onWorker(routing, () -> job(model, call), exchange::start);
        } else {
            exchange.start(job(model, call));
        }
    }

    private static Exchange.Job job(ServedModel model, CompletionCall call) {
        List<String> echoes = call.echo() ? echoes(model, call) : List.of();
        CompletionJson json = CompletionJson.create(model.id(), call, echoes, model.texts()::bytes);
        return new Exchange.Job(call.requests(), json, call.delivery());
    }

    private static List<String> echoes(ServedModel model, CompletionCall call) {
        List<String> echoes = new ArrayList<>();
        for (int i = 0; i < call.requests().size(); i += call.choicesPerPrompt()) {
            echoes.add(
                    switch (call.requests().get(i).prompt()) {
                        case Prompt.Text(String text) -> text;
                        case Prompt.Tokens(List<Integer> tokens) ->
                            model.texts().decode(model.texts().check(tokens));
                    });
        }
        return echoes;
    }
}
