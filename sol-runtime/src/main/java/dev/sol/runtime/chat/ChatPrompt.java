package dev.sol.runtime.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.Grammar;
import dev.sol.runtime.RawChatParser;
import dev.sol.runtime.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A rendered request, and how to read the answer. Immutable, for any thread; outlives its {@link ChatTemplate}. */
public final class ChatPrompt {
    private final String text;
    private final @Nullable Grammar grammar;
    private final List<String> stops;
    private final List<String> preservedTokens;
    private final boolean thinks;
    private final boolean verbatim;
    private final String parser;

    ChatPrompt(JsonNode json, List<String> stops, boolean verbatim) {
        this.text = json.path("prompt").asText();
        this.grammar = grammar(json.path("constraint"));
        this.stops = List.copyOf(stops);
        this.preservedTokens = strings(json.path("preserved_tokens"));
        this.thinks = json.path("thinks").asBoolean();
        this.verbatim = verbatim;
        this.parser = json.path("parser").toString();
    }

    static List<String> strings(JsonNode array) {
        List<String> result = new ArrayList<>();
        array.forEach(item -> result.add(item.asText()));
        return List.copyOf(result);
    }

    private static @Nullable Grammar grammar(JsonNode constraint) {
        if (!constraint.isObject()) {
            return null;
        }
        List<Grammar.Trigger> triggers = new ArrayList<>();
        constraint
                .path("triggers")
                .forEach(t -> triggers.add(new Grammar.Trigger(
                        t.path("type").asText(), t.path("value").asText())));
        return new Grammar(
                constraint.path("grammar").asText(),
                constraint.path("lazy").asBoolean(),
                triggers,
                constraint.path("prefill").asText(),
                constraint.path("thinking_start").asText(),
                strings(constraint.path("thinking_end")));
    }

    /**
     * The prompt. It is to be encoded with special tokens, both added and parsed: {@code tokenizer.encode(text, true, true)}.
     */
    public String text() {
        return text;
    }

    /** What the answer must be; empty = anything. */
    public Optional<Grammar> grammar() {
        return Optional.ofNullable(grammar);
    }

    /** Strings that end the answer, beside those that the request has. */
    public List<String> stops() {
        return stops;
    }

    /**
     * The special tokens whose names belong to the answer's text: {@link #newParser} looks for them. Of all others the text has
     * nothing.
     */
    public Set<Integer> preservedTokens(Tokenizer tokenizer) {
        Set<Integer> result = new TreeSet<>();
        for (String name : preservedTokens) {
            int[] tokens = tokenizer.encode(name, false, true);
            if (tokens.length == 1) {
                result.add(tokens[0]);
            }
        }
        return result;
    }

    /** Whether the template knows thoughts. */
    public boolean thinks() {
        return thinks;
    }

    /** Whether the answer is content as it is, so that {@link #newParser} would find nothing else in it. */
    public boolean isVerbatim() {
        return verbatim;
    }

    /** A parser for one answer, which the caller closes. */
    public ChatMessageParser newParser() {
        return new ChatMessageParser(new RawChatParser(parser));
    }
}
