package dev.sol.runtime.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.Model;
import dev.sol.runtime.RawChatTemplate;
import dev.sol.runtime.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A compiled chat template: the Jinja of a GGUF file, run by llama.cpp.
 *
 * <p>A model without one gets a plain form, {@link #PLAIN}: turns that begin with {@code System:}, {@code User:} and {@code
 * Assistant:}, with an empty line between them. It has no tools, and {@code "\nUser:"} ends an answer.
 *
 * <p>For any number of threads; after {@link #close} every use throws {@link dev.sol.runtime.ClosedException}. The model need not
 * outlive it.
 */
public final class ChatTemplate implements AutoCloseable {

    /** The Jinja of the plain form. */
    public static final String PLAIN = """
            {%- for message in messages -%}
            {%- if message.role == 'user' -%}
            {{- 'User: ' + message.content + '\\n\\n' -}}
            {%- elif message.role == 'assistant' -%}
            {{- 'Assistant: ' + message.content + '\\n\\n' -}}
            {%- elif message.role in ['system', 'developer'] -%}
            {{- 'System: ' + message.content + '\\n\\n' -}}
            {%- else -%}
            {{- raise_exception('this model has no chat template, and the plain one knows system, user and assistant, not ' + message.role) -}}
            {%- endif -%}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
            {{- 'Assistant:' -}}
            {%- endif -%}
            """;

    /** What ends an answer in the plain form: the model going on with somebody else's turn. */
    static final List<String> PLAIN_STOPS = List.of("\nUser:", "\nSystem:", "\nAssistant:");

    private final RawChatTemplate template;
    private final boolean plain;
    private final String source;
    private final SortedMap<String, Boolean> capabilities;

    private ChatTemplate(RawChatTemplate template, boolean plain, String source) {
        this.template = template;
        this.plain = plain;
        this.source = source;
        this.capabilities = new TreeMap<>();
        Json.read(template.capabilities())
                .properties()
                .forEach(entry ->
                        capabilities.put(entry.getKey(), entry.getValue().asBoolean()));
    }

    /**
     * The template of a model, and its second one for requests with tools if it has that; or {@link #PLAIN}.
     *
     * @throws dev.sol.runtime.ModelException if the model's template cannot be compiled
     */
    public static ChatTemplate of(Model model) {
        Optional<String> main = model.chatTemplate();
        Optional<String> tools = model.chatTemplate("tool_use");
        String source = main.or(() -> tools).orElse(PLAIN);
        return compile(model, source, tools.orElse(null), main.isEmpty() && tools.isEmpty());
    }

    /**
     * Another template for a model.
     *
     * @param jinja its source
     * @throws dev.sol.runtime.ModelException if it cannot be compiled
     */
    public static ChatTemplate of(Model model, String jinja) {
        return compile(model, jinja, null, false);
    }

    private static ChatTemplate compile(Model model, String source, @Nullable String tools, boolean plain) {
        Tokenizer tokenizer = model.tokenizer();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("template", source)
                .put("bos", name(tokenizer, tokenizer.bos()))
                .put("eos", name(tokenizer, tokenizer.eos()))
                .put("adds_bos", tokenizer.addsBos())
                .put("adds_eos", tokenizer.addsEos());
        if (tools != null) {
            json.put("tool_use", tools);
        }
        return new ChatTemplate(new RawChatTemplate(json.toString()), plain, source);
    }

    private static String name(Tokenizer tokenizer, OptionalInt token) {
        return token.isEmpty() ? "" : new String(tokenizer.bytes(token.getAsInt(), true), StandardCharsets.UTF_8);
    }

    /** The Jinja source; {@link #PLAIN} if the model has none of its own. */
    public String source() {
        return source;
    }

    /** What the template can do, by llama.cpp's names, such as {@code supports_tools} and {@code supports_system_role}. */
    public Map<String, Boolean> capabilities() {
        return Map.copyOf(capabilities);
    }

    /** Whether a request may have tools. */
    public boolean supportsTools() {
        return capabilities.getOrDefault("supports_tools", false)
                || capabilities.getOrDefault("supports_tool_calls", false);
    }

    /**
     * Renders a request.
     *
     * @throws dev.sol.runtime.RequestException naming the field that is wrong, that the template does not support, or that it
     *     refuses
     */
    public ChatPrompt apply(ChatRequest request) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("messages", request.messages());
        put(json, "tools", request.tools());
        put(json, "tool_choice", request.toolChoice());
        put(json, "response_format", request.responseFormat());
        put(json, "chat_template_kwargs", request.templateArguments());
        Boolean parallel = request.parallelToolCalls();
        if (parallel != null) {
            json.put("parallel_tool_calls", parallel);
        }
        json.put("add_generation_prompt", request.addGenerationPrompt());
        json.put("reasoning_format", request.reasoning().code());

        JsonNode prompt = Json.read(template.apply(json.toString()));
        List<String> stops = new ArrayList<>(ChatPrompt.strings(prompt.path("stops")));
        if (plain) {
            stops.addAll(PLAIN_STOPS);
        }
        boolean verbatim = plain && request.tools() == null && request.responseFormat() == null;
        return new ChatPrompt(prompt, stops, verbatim);
    }

    private static void put(ObjectNode json, String field, @Nullable JsonNode value) {
        if (value != null) {
            json.set(field, value);
        }
    }

    /** Waits for running calls. A second call does nothing. */
    @Override
    public void close() {
        template.close();
    }
}
