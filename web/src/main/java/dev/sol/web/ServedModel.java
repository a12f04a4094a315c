package dev.sol.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.openai.ChatFormat;
import dev.sol.runtime.openai.ChatParser;
import dev.sol.runtime.openai.CompletionParser;
import dev.sol.runtime.openai.RequestLimits;
import java.time.Instant;

/**
 * A model that is ready. Does not own what it is made of.
 *
 * @param id its name in requests and responses
 * @param loaded when it was ready
 * @param completer completes requests
 * @param texts its tokenizer
 * @param chat its chat template
 * @param embedding makes vectors of texts
 * @param completions parses requests of {@code /v1/completions}
 * @param conversations parses those of {@code /v1/chat/completions}
 * @param properties what {@code /props} says
 */
record ServedModel(
        String id,
        Instant loaded,
        Completer completer,
        Texts texts,
        ChatFormat chat,
        Embedding embedding,
        CompletionParser completions,
        ChatParser conversations,
        ObjectNode properties) {

    static ServedModel of(
            String id,
            Instant loaded,
            Completer completer,
            Texts texts,
            ChatFormat chat,
            Embedding embedding,
            PolicyRegistry policies,
            RequestLimits limits,
            ObjectNode properties) {
        return new ServedModel(
                id,
                loaded,
                completer,
                texts,
                chat,
                embedding,
                new CompletionParser(id, policies, limits),
                new ChatParser(id, policies, limits, chat.supportsTools()),
                properties);
    }
}
