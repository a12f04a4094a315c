package dev.sol.web;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.Grammar;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import dev.sol.runtime.chat.ChatRequest;
import dev.sol.runtime.openai.ChatFormat;
import dev.sol.runtime.openai.ChatReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** {@code [role]content} of each message. An answer {@code CALL name arguments} is a call of a tool. */
final class FakeChat implements ChatFormat {
    static final AtomicInteger OPEN_READERS = new AtomicInteger();

    @Override
    public Rendered apply(ChatRequest request) {
        StringBuilder text = new StringBuilder();
        for (JsonNode message : request.messages()) {
            String role = message.get("role").asText();
            if (role.equals("tool") && request.tools() == null) {
                throw new RequestException("a tool answers, but there are none", "messages", "invalid_value");
            }
            text.append('[')
                    .append(role)
                    .append(']')
                    .append(message.path("content").asText());
        }
        return new FakeRendered(text.toString(), request.responseFormat() != null);
    }

    @Override
    public boolean supportsTools() {
        return true;
    }

    @Override
    public String source() {
        return "{{ messages }}";
    }

    @Override
    public Map<String, Boolean> capabilities() {
        return Map.of("supports_tools", true);
    }

    private record FakeRendered(String text, boolean json) implements Rendered {
        @Override
        public Optional<Grammar> grammar() {
            return json ? Optional.of(Grammar.gbnf("root ::= [j]")) : Optional.empty();
        }

        @Override
        public List<String> stops() {
            return List.of("[");
        }

        @Override
        public Set<Integer> shownTokens() {
            return Set.of(7);
        }

        @Override
        public ChatReader newReader() {
            OPEN_READERS.incrementAndGet();
            return new FakeReader();
        }
    }

    private static final class FakeReader implements ChatReader {
        private final StringBuilder all = new StringBuilder();

        @Override
        public List<ChatDelta> add(String text) {
            all.append(text);
            return text.isEmpty() || all.toString().startsWith("CALL ")
                    ? List.of()
                    : List.of(new ChatDelta.Content(text));
        }

        @Override
        public List<ChatDelta> finish() {
            return message().toolCalls().stream()
                    .map(call -> (ChatDelta) new ChatDelta.ToolCall(0, call.id(), call.name(), call.arguments()))
                    .toList();
        }

        @Override
        public ChatMessage message() {
            String[] words = all.toString().split(" ", 3);
            return words[0].equals("CALL")
                    ? new ChatMessage("", "", List.of(new ChatMessage.ToolCall("call_1", words[1], words[2])))
                    : new ChatMessage(all.toString(), "", List.of());
        }

        @Override
        public void close() {
            OPEN_READERS.decrementAndGet();
        }
    }
}
