package dev.sol.web;

import dev.sol.runtime.Grammar;
import dev.sol.runtime.Model;
import dev.sol.runtime.Tokenizer;
import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import dev.sol.runtime.chat.ChatMessageParser;
import dev.sol.runtime.chat.ChatPrompt;
import dev.sol.runtime.chat.ChatRequest;
import dev.sol.runtime.chat.ChatTemplate;
import dev.sol.runtime.openai.ChatFormat;
import dev.sol.runtime.openai.ChatReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A model's chat template. To be closed. */
record Chats(ChatTemplate template, Tokenizer tokenizer) implements ChatFormat, AutoCloseable {

    /**
     * The template in the model's file, or a plain one.
     *
     * @throws dev.sol.runtime.ModelException if it is broken
     */
    static Chats of(Model model) {
        return of(model, ChatTemplate.of(model));
    }

    /** Another template, which is closed with this. */
    static Chats of(Model model, ChatTemplate template) {
        return new Chats(template, model.tokenizer());
    }

    @Override
    public Rendered apply(ChatRequest request) {
        return new Prompt(template.apply(request), tokenizer);
    }

    @Override
    public boolean supportsTools() {
        return template.supportsTools();
    }

    @Override
    public String source() {
        return template.source();
    }

    @Override
    public Map<String, Boolean> capabilities() {
        return template.capabilities();
    }

    @Override
    public void close() {
        template.close();
    }

    private record Prompt(ChatPrompt prompt, Tokenizer tokenizer) implements Rendered {
        @Override
        public String text() {
            return prompt.text();
        }

        @Override
        public Optional<Grammar> grammar() {
            return prompt.grammar();
        }

        @Override
        public List<String> stops() {
            return prompt.stops();
        }

        @Override
        public Set<Integer> shownTokens() {
            return prompt.preservedTokens(tokenizer);
        }

        @Override
        public ChatReader newReader() {
            return prompt.isVerbatim()
                    ? new VerbatimReader()
                    : new PacedReader(new Reader(prompt.newParser()), System::nanoTime);
        }
    }

    private record Reader(ChatMessageParser parser) implements ChatReader {
        @Override
        public List<ChatDelta> add(String text) {
            return parser.add(text);
        }

        @Override
        public List<ChatDelta> finish() {
            return parser.finish();
        }

        @Override
        public ChatMessage message() {
            return parser.message();
        }

        @Override
        public void close() {
            parser.close();
        }
    }
}
