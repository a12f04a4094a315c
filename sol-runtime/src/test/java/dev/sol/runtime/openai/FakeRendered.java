package dev.sol.runtime.openai;

import dev.sol.runtime.Grammar;
import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A prompt whose answers are thoughts up to a full stop, and content behind it. Shows whole words. */
record FakeRendered(Optional<Grammar> grammar) implements ChatFormat.Rendered {
    @Override
    public String text() {
        return "prompt";
    }

    @Override
    public List<String> stops() {
        return List.of("</s>");
    }

    @Override
    public Set<Integer> shownTokens() {
        return Set.of(9);
    }

    @Override
    public ChatReader newReader() {
        return new ChatReader() {
            private final StringBuilder all = new StringBuilder();
            private int told;

            @Override
            public List<ChatDelta> add(String text) {
                all.append(text);
                return tell(all.lastIndexOf(" ") + 1);
            }

            @Override
            public List<ChatDelta> finish() {
                return tell(all.length());
            }

            private List<ChatDelta> tell(int end) {
                int border = all.indexOf(".") + 1;
                String text = all.substring(told, Math.max(told, end));
                boolean content = border > 0 && told >= border;
                told = Math.max(told, end);
                if (text.isEmpty()) {
                    return List.of();
                }
                return List.of(content ? new ChatDelta.Content(text) : new ChatDelta.Reasoning(text));
            }

            @Override
            public ChatMessage message() {
                int border = all.indexOf(".") + 1;
                return new ChatMessage(all.substring(border), all.substring(0, border), List.of());
            }

            @Override
            public void close() {
                // nothing to free
            }
        };
    }
}
