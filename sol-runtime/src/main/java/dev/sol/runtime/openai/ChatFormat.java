package dev.sol.runtime.openai;

import dev.sol.runtime.Grammar;
import dev.sol.runtime.chat.ChatRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How conversations become prompts, and what a model answers becomes messages: a model's chat template. For any thread. */
public interface ChatFormat {
    /**
     * The prompt of a conversation.
     *
     * @throws dev.sol.runtime.RequestException if the template does not take it
     */
    Rendered apply(ChatRequest request);

    /** Whether it knows tools. */
    boolean supportsTools();

    /** The template. */
    String source();

    /** What it can do, by llama.cpp's names. */
    Map<String, Boolean> capabilities();

    /** A conversation as a prompt, and how its answer is read. */
    interface Rendered {
        /** To be tokenised with special tokens. */
        String text();

        /** What the answer must be like. */
        Optional<Grammar> grammar();

        /** Strings that end the answer, beside the request's. */
        List<String> stops();

        /** Special tokens whose names the answer's text has, since the reader looks for them. */
        Set<Integer> shownTokens();

        /** Reads one answer. */
        ChatReader newReader();
    }
}
