package dev.sol.web;

import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import dev.sol.runtime.openai.ChatReader;
import java.util.List;

/** Reads answers that are nothing but content. */
final class VerbatimReader implements ChatReader {
    private final StringBuilder content = new StringBuilder();

    @Override
    public List<ChatDelta> add(String text) {
        content.append(text);
        return text.isEmpty() ? List.of() : List.of(new ChatDelta.Content(text));
    }

    @Override
    public List<ChatDelta> finish() {
        return List.of();
    }

    @Override
    public ChatMessage message() {
        return new ChatMessage(content.toString(), "", List.of());
    }

    @Override
    public void close() {
        // nothing to free
    }
}
