package dev.sol.runtime.openai;

import dev.sol.runtime.Grammar;
import dev.sol.runtime.chat.ChatRequest;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.Prompt;
import java.util.List;
import java.util.Optional;

/** A parsed body of {@code POST /v1/chat/completions}. Immutable. */
public final class ChatCall {
    private final ChatRequest conversation;
    private final GenerationSettings settings;
    private final Delivery delivery;

    ChatCall(ChatRequest conversation, GenerationSettings settings, Delivery delivery) {
        this.conversation = conversation;
        this.settings = settings;
        this.delivery = delivery;
    }

    /** What is to be answered. */
    public ChatRequest conversation() {
        return conversation;
    }

    /** How to answer. */
    public Delivery delivery() {
        return delivery;
    }

    boolean logprobs() {
        return settings.topLogprobs() >= 0;
    }

    boolean trace() {
        return settings.trace();
    }

    int choices() {
        return settings.choices();
    }

    /**
     * What to complete: one request for each choice.
     *
     * @throws dev.sol.runtime.RequestException if a value is out of range
     */
    public List<CompletionRequest> requests(ChatFormat.Rendered rendered) {
        GenerationSettings all = settings.withMoreStops(rendered.stops()).withShownTokens(rendered.shownTokens());
        Optional<Grammar> grammar = rendered.grammar();
        if (grammar.isPresent()) { // otherwise one that the user gave
            all = all.withGrammar(grammar.get());
        }
        return all.requests(List.of(new Prompt.Text(rendered.text())));
    }
}
