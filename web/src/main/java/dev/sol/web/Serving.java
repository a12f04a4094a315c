package dev.sol.web;

import dev.sol.runtime.engine.CompletionEngine;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.openai.ChatFormat;
import dev.sol.runtime.openai.RequestLimits;
import java.time.Instant;

/** Makes a {@link ServedModel} of an engine. */
final class Serving {
    private Serving() {}

    static ServedModel of(
            String id, CompletionEngine engine, ChatFormat chat, PolicyRegistry policies, RequestLimits limits) {
        return of(id, engine, Completer.of(engine), chat, policies, limits);
    }

    /** With something between the server and the engine. */
    static ServedModel of(
            String id,
            CompletionEngine engine,
            Completer completer,
            ChatFormat chat,
            PolicyRegistry policies,
            RequestLimits limits) {
        return ServedModel.of(
                id,
                Instant.now(),
                completer,
                Texts.of(engine.model().tokenizer()),
                chat,
                tokens -> engine.embedder().embed(tokens),
                policies,
                limits,
                Properties.of(
                        id,
                        engine.model().info(),
                        engine.contextLength(),
                        engine.parallel(),
                        engine.execution(),
                        engine.layers(),
                        policies,
                        limits,
                        chat));
    }
}
