package dev.sol.runtime.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.RawChatParser;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads an answer as it grows. An answer that does not keep to the template's format is no error: what cannot be told apart is
 * content.
 *
 * <p>Each text that is added costs the time of reading the whole answer so far. One thread at a time; after {@link #close} {@link
 * #add} and {@link #finish} throw {@link dev.sol.runtime.ClosedException}, and {@link #message} goes on working.
 */
public final class ChatMessageParser implements AutoCloseable {
    private final RawChatParser parser;
    private final StringBuilder content = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final List<Call> calls = new ArrayList<>();

    /** A tool call that grows. */
    private static final class Call {
        private String id = "";
        private String name = "";
        private final StringBuilder arguments = new StringBuilder();
    }

    ChatMessageParser(RawChatParser parser) {
        this.parser = parser;
    }

    /**
     * Adds text of the answer.
     *
     * @param text whole characters, without what a stop string cut off
     * @return what has become known by it; often nothing, when the text may yet turn out to be a tag
     */
    public List<ChatDelta> add(String text) {
        return read(text, false);
    }

    /** Ends the answer. Called once. */
    public List<ChatDelta> finish() {
        return read("", true);
    }

    private List<ChatDelta> read(String text, boolean last) {
        List<ChatDelta> deltas = new ArrayList<>();
        for (JsonNode json : Json.read(parser.add(text, last))) {
            ChatDelta delta = delta(json);
            apply(delta);
            deltas.add(delta);
        }
        return List.copyOf(deltas);
    }

    private static ChatDelta delta(JsonNode json) {
        if (json.has("content")) {
            return new ChatDelta.Content(json.path("content").asText());
        }
        if (json.has("reasoning")) {
            return new ChatDelta.Reasoning(json.path("reasoning").asText());
        }
        return new ChatDelta.ToolCall(
                json.path("tool_call").asInt(),
                json.path("id").asText(),
                json.path("name").asText(),
                json.path("arguments").asText());
    }

    private void apply(ChatDelta delta) {
        switch (delta) {
            case ChatDelta.Content(String text) -> content.append(text);
            case ChatDelta.Reasoning(String text) -> reasoning.append(text);
            case ChatDelta.ToolCall(int index, String id, String name, String arguments) -> {
                while (calls.size() <= index) {
                    calls.add(new Call());
                }
                Call call = calls.get(index);
                call.id = id.isEmpty() ? call.id : id;
                call.name = name.isEmpty() ? call.name : name;
                call.arguments.append(arguments);
            }
        }
    }

    /** The answer so far: all deltas together. */
    public ChatMessage message() {
        return new ChatMessage(
                content.toString(),
                reasoning.toString(),
                calls.stream()
                        .map(call -> new ChatMessage.ToolCall(call.id, call.name, call.arguments.toString()))
                        .toList());
    }

    /** A second call does nothing. */
    @Override
    public void close() {
        parser.close();
    }
}
