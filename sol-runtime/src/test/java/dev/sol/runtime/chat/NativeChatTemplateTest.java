package dev.sol.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sol.runtime.ClosedException;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelException;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts against texts written by hand, and answers read in pieces. */
@Tag("native")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeChatTemplateTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** ChatML with tools as JSON, in the manner of Qwen and Hermes. */
    private static final String TOOLS = """
            {%- if tools -%}
            {{- '<|im_start|>system\\nTools:\\n' -}}
            {%- for tool in tools -%}{{- tool | tojson + '\\n' -}}{%- endfor -%}
            {{- 'Answer with <tool_call>\\n{"name": …, "arguments": …}\\n</tool_call><|im_end|>\\n' -}}
            {%- endif -%}
            {%- for message in messages -%}
            {{- '<|im_start|>' + message.role + '\\n' -}}
            {%- if message.content -%}{{- message.content -}}{%- endif -%}
            {%- if message.tool_calls -%}
            {%- for call in message.tool_calls -%}
            {{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' + call.function.arguments | tojson + '}\\n</tool_call>' -}}
            {%- endfor -%}
            {%- endif -%}
            {{- '<|im_end|>\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
            """;

    private static final String WEATHER = """
            [{"type": "function", "function": {"name": "weather", "description": "Weather of a city", "parameters":
              {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
            """;

    private Model model;

    @BeforeAll
    void open(@TempDir Path folder) throws IOException {
        model = Model.load(TinyModels.write(folder, "qwen3", "F32"), ModelOptions.DEFAULT);
    }

    @AfterAll
    void close() {
        model.close();
    }

    private static JsonNode json(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ChatRequest.Builder says(String text) {
        return ChatRequest.builder(MAPPER.createArrayNode()
                .add(MAPPER.createObjectNode().put("role", "user").put("content", text)));
    }

    @Test
    void aModelWithoutATemplateGetsThePlainOne() {
        try (ChatTemplate template = ChatTemplate.of(model)) {
            assertThat(template.source()).isEqualTo(ChatTemplate.PLAIN);
            assertThat(template.supportsTools()).isFalse();

            ChatPrompt prompt = template.apply(ChatRequest.builder(json("""
                    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"},
                     {"role": "assistant", "content": "Hi!"}, {"role": "user", "content": [{"type": "text", "text": "Tell me"}]}]
                    """)).build());
            assertThat(prompt.text())
                    .isEqualTo("System: Be brief.\n\nUser: Hello\n\nAssistant: Hi!\n\nUser: Tell me\n\nAssistant:");
            assertThat(prompt.stops()).contains("\nUser:");
            assertThat(prompt.grammar()).isEmpty();
            try (ChatMessageParser parser = prompt.newParser()) {
                List<ChatDelta> deltas = new ArrayList<>(parser.add(" Once upon\n"));
                deltas.addAll(parser.add(" a time 🙂"));
                deltas.addAll(parser.finish());
                assertThat(deltas).hasOnlyElementsOfType(ChatDelta.Content.class);
                assertThat(parser.message()).isEqualTo(new ChatMessage(" Once upon\n a time 🙂", "", List.of()));
            }
        }
    }

    @Test
    void aTemplateOfOnesOwnIsRendered() {
        try (ChatTemplate template = ChatTemplate.of(model, TOOLS)) {
            assertThat(template.source()).isEqualTo(TOOLS);
            assertThat(template.apply(says("\"{{ x }}\" 🙂\n").build()).text())
                    .isEqualTo("<|im_start|>user\n\"{{ x }}\" 🙂\n<|im_end|>\n<|im_start|>assistant\n");
            assertThat(template.apply(says("a").addGenerationPrompt(false).build())
                            .text())
                    .isEqualTo("<|im_start|>user\na<|im_end|>\n");
        }
    }

    @Test
    void toolCallsAreReadAsTheyGrow() {
        try (ChatTemplate template = ChatTemplate.of(model, TOOLS)) {
            assertThat(template.supportsTools()).isTrue();
            ChatPrompt prompt =
                    template.apply(says("Weather in Bern?").tools(json(WEATHER)).build());
            assertThat(prompt.text()).contains("\"name\": \"weather\"").endsWith("<|im_start|>assistant\n");
            assertThat(prompt.preservedTokens(model.tokenizer())).isEmpty(); // plain text to this tokenizer
            assertThat(prompt.grammar()).hasValueSatisfying(grammar -> {
                assertThat(grammar.lazy()).isTrue();
                assertThat(grammar.triggers()).isNotEmpty();
            });

            String answer = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bern\"}}\n</tool_call>";
            try (ChatMessageParser parser = prompt.newParser()) {
                List<ChatDelta> deltas = new ArrayList<>();
                answer.chars().forEach(c -> deltas.addAll(parser.add(Character.toString(c))));
                deltas.addAll(parser.finish());
                ChatMessage message = parser.message();
                assertThat(message.toolCalls()).hasSize(1);
                ChatMessage.ToolCall call = message.toolCalls().getFirst();
                assertThat(call.name()).isEqualTo("weather");
                assertThat(call.id()).hasSize(32);
                assertThat(json(call.arguments())).isEqualTo(json("{\"city\": \"Bern\"}"));
                assertThat(deltas).hasSizeGreaterThan(3).hasOnlyElementsOfType(ChatDelta.ToolCall.class);
            }
        }
    }

    @Test
    void aFormatIsAGrammar() {
        try (ChatTemplate template = ChatTemplate.of(model)) {
            ChatPrompt prompt = template.apply(says("x")
                    .responseFormat(json("{\"type\": \"json_object\"}"))
                    .build());
            assertThat(prompt.grammar()).hasValueSatisfying(grammar -> {
                assertThat(grammar.lazy()).isFalse();
                assertThat(grammar.gbnf()).contains("root ::=");
            });
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    messages            | {"messages": 7}
                    messages            | {"messages": []}
                    messages            | {"messages": [{"role": "user"}]}
                    messages            | {"messages": [{"role": "tool", "content": "x"}]}
                    tools               | {"tools": [{"type": "function", "function": {"name": "f"}}]}
                    tools               | {"tools": 7}
                    tool_choice         | {"tool_choice": "never"}
                    tool_choice         | {"tool_choice": {"type": "function", "function": {"name": "g"}}}
                    response_format     | {"response_format": {"type": "xml"}}
                    response_format     | {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "cat"}}}}
                    chat_template_kwargs | {"chat_template_kwargs": 7}
                    """)
    void aWrongRequestIsRefusedByField(String field, String text) {
        JsonNode json = json(text);
        ChatRequest.Builder request = json.has("messages") ? ChatRequest.builder(json.path("messages")) : says("x");
        request.tools(json.get("tools"))
                .toolChoice(json.get("tool_choice"))
                .responseFormat(json.get("response_format"))
                .templateArguments(json.get("chat_template_kwargs"));
        try (ChatTemplate template = ChatTemplate.of(model)) {
            assertThatThrownBy(() -> template.apply(request.build()))
                    .asInstanceOf(type(RequestException.class))
                    .satisfies(e -> assertThat(e.param()).isEqualTo(field))
                    .satisfies(e -> assertThat(e).hasMessageStartingWith(field + ": "));
        }
    }

    @Test
    void whatTheTemplateThrowsIsToldToTheUser() {
        try (ChatTemplate template = ChatTemplate.of(model, "{{ raise_exception('roles must alternate') }}")) {
            assertThatThrownBy(() -> template.apply(says("x").build()))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("roles must alternate");
        }
    }

    @Test
    void aBrokenTemplateIsTheModelsFault() {
        assertThatThrownBy(() -> ChatTemplate.of(model, "{% if %}").close()).isInstanceOf(ModelException.class);
        String endless = "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}";
        try (ChatTemplate template = ChatTemplate.of(model, endless)) {
            assertThatThrownBy(() -> template.apply(says("x").build()))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("nests too deeply");
        }
    }

    @Test
    void nothingIsUsedAfterItsEnd() {
        ChatTemplate template = ChatTemplate.of(model);
        ChatPrompt prompt = template.apply(says("x").build());
        template.close();
        template.close();
        assertThatThrownBy(() -> template.apply(says("x").build())).isInstanceOf(ClosedException.class);

        ChatMessageParser parser = prompt.newParser();
        parser.add("a");
        parser.finish();
        parser.close();
        parser.close();
        assertThat(parser.message().content()).isEqualTo("a");
        assertThatThrownBy(() -> parser.add("b")).isInstanceOf(ClosedException.class);
    }
}
