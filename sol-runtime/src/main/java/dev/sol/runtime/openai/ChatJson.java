package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.TraceEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers to {@code POST /v1/chat/completions}. To be closed. */
public final class ChatJson implements AnswerJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String CALLS = "tool_calls";

    private final String id;
    private final long created;
    private final String model;
    private final ChatCall call;
    private final TokenText texts;
    private final List<ChatReader> readers = new ArrayList<>();

    /** Tokens whose text the readers hold back, by choice. */
    private final List<List<TraceEntry>> held = new ArrayList<>();

    /**
     * @param id of the answer, equal in all chunks
     * @param created seconds since 1970
     * @param model the id of the loaded model
     * @param rendered makes the readers
     * @param texts of tokens, for a call that wants log-probabilities
     */
    ChatJson(String id, long created, String model, ChatCall call, ChatFormat.Rendered rendered, TokenText texts) {
        this.id = id;
        this.created = created;
        this.model = model;
        this.call = call;
        this.texts = texts;
        for (int i = 0; i < call.choices(); i++) {
            readers.add(rendered.newReader());
            held.add(new ArrayList<>());
        }
    }

    /**
     * With a new id, and the present time.
     *
     * @param rendered the prompt
     * @param texts of tokens, for a call that wants log-probabilities
     */
    public static ChatJson create(String model, ChatCall call, ChatFormat.Rendered rendered, TokenText texts) {
        return new ChatJson(
                CompletionJson.id("chatcmpl-"), System.currentTimeMillis() / 1000, model, call, rendered, texts);
    }

    @Override
    public ObjectNode whole(List<CompletionResult> results) {
        ObjectNode body = body("chat.completion");
        ArrayNode choices = body.putArray("choices");
        for (int i = 0; i < results.size(); i++) {
            CompletionResult result = results.get(i);
            ChatReader reader = readers.get(i);
            reader.add(result.text());
            reader.finish();
            ChatMessage message = reader.message();
            ObjectNode choice = choices.addObject().put("index", i);
            choice.set("message", message(message));
            List<TraceEntry> tokens = result.tokens();
            choice.set("logprobs", tokens == null ? null : ChatLogprobs.of(tokens, texts));
            choice.put("finish_reason", reason(result, message));
            if (results.size() > 1) {
                Figures.add(choice, result);
            }
        }
        body.set("usage", Figures.usage(results, results.size()));
        if (results.size() == 1) {
            Figures.add(body, results.getFirst());
        }
        return body;
    }

    private static ObjectNode message(ChatMessage message) {
        boolean calls = !message.toolCalls().isEmpty();
        ObjectNode node = JSON.objectNode()
                .put("role", "assistant")
                .put("content", calls && message.content().isEmpty() ? null : message.content())
                .putNull("refusal");
        if (!message.reasoning().isEmpty()) {
            node.put("reasoning_content", message.reasoning());
        }
        if (calls) {
            ArrayNode array = node.putArray(CALLS);
            for (ChatMessage.ToolCall tool : message.toolCalls()) {
                array.addObject()
                        .put("id", tool.id())
                        .put("type", "function")
                        .putObject("function")
                        .put("name", tool.name())
                        .put("arguments", tool.arguments());
            }
        }
        return node;
    }

    private static String reason(CompletionResult result, ChatMessage message) {
        return result.finishReason() == FinishReason.STOP
                        && !message.toolCalls().isEmpty()
                ? CALLS
                : result.finishReason().key();
    }

    @Override
    public List<ObjectNode> begin(int choice) {
        return List.of(chunk(choice, JSON.objectNode().put("role", "assistant").put("content", ""), null));
    }

    @Override
    public List<ObjectNode> more(int choice, String text, List<TraceEntry> tokens) {
        held.get(choice).addAll(tokens);
        return chunks(choice, readers.get(choice).add(text));
    }

    private List<ObjectNode> chunks(int choice, List<ChatDelta> deltas) {
        List<ObjectNode> chunks = new ArrayList<>();
        deltas.forEach(delta -> chunks.add(chunk(choice, delta(delta), null)));
        if (!chunks.isEmpty()) {
            addTokens(chunks.getFirst(), choice);
        }
        return chunks;
    }

    /** What is to be said about tokens goes with the next text that is shown. */
    private void addTokens(ObjectNode chunk, int choice) {
        List<TraceEntry> tokens = held.get(choice);
        if (tokens.isEmpty()) {
            return;
        }
        if (call.logprobs()) {
            ((ObjectNode) chunk.at("/choices/0")).set("logprobs", ChatLogprobs.of(tokens, texts));
        }
        if (call.trace()) {
            chunk.putObject("sol").set("trace", Figures.trace(tokens));
        }
        tokens.clear();
    }

    private static ObjectNode delta(ChatDelta delta) {
        return switch (delta) {
            case ChatDelta.Content(String text) -> JSON.objectNode().put("content", text);
            case ChatDelta.Reasoning(String text) -> JSON.objectNode().put("reasoning_content", text);
            case ChatDelta.ToolCall tool ->
                JSON.objectNode().set(CALLS, JSON.arrayNode().add(part(tool)));
        };
    }

    private static ObjectNode part(ChatDelta.ToolCall tool) {
        ObjectNode node = JSON.objectNode().put("index", tool.index());
        ObjectNode function = JSON.objectNode();
        if (!tool.id().isEmpty()) {
            node.put("id", tool.id()).put("type", "function");
        }
        if (!tool.name().isEmpty()) {
            function.put("name", tool.name());
        }
        node.set("function", function.put("arguments", tool.arguments()));
        return node;
    }

    @Override
    public List<ObjectNode> end(int choice, CompletionResult result) {
        ChatReader reader = readers.get(choice);
        List<ObjectNode> chunks = new ArrayList<>(chunks(choice, reader.finish()));
        ObjectNode last = chunk(choice, JSON.objectNode(), reason(result, reader.message()));
        addTokens(last, choice);
        if (call.choices() == 1) {
            last.set("usage", Figures.usage(List.of(result), 1));
        }
        Figures.add(last, result);
        chunks.add(last);
        return chunks;
    }

    @Override
    public ObjectNode usage(List<CompletionResult> results) {
        ObjectNode body = body("chat.completion.chunk");
        body.putArray("choices");
        body.set("usage", Figures.usage(results, results.size()));
        return body;
    }

    private ObjectNode chunk(int choice, ObjectNode delta, @Nullable String finishReason) {
        ObjectNode body = body("chat.completion.chunk");
        ObjectNode node = body.putArray("choices").addObject().put("index", choice);
        node.set("delta", delta);
        node.putNull("logprobs").put("finish_reason", finishReason);
        return body;
    }

    private ObjectNode body(String object) {
        return JSON.objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model);
    }

    @Override
    public void close() {
        readers.forEach(ChatReader::close);
    }
}
