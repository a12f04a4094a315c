package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tools over HTTP. The embedded model does not know what to do with them. */
@Tag("model")
class ToolsModelTest {
    private static final String TEMPLATE = """
            {%- if tools -%}
            {{- '<|im_start|>system\\n' -}}
            {%- for tool in tools -%}{{- tool.function.name + '\\n' -}}{%- endfor -%}
            {{- '<|im_end|>\\n' -}}
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

    private static final String BODY = """
            {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 150, "temperature": 0, "tool_choice": "required",
             "tools": [{"type": "function", "function": {"name": "sky", "parameters": {
               "type": "object", "properties": {"colour": {"enum": ["blue"]}}, "required": ["colour"]}}}]%s}""";

    private static final String PATH = "/v1/chat/completions";

    @Test
    void aTemplateThatKnowsThemTakesThem() {
        try (ModelServer server = ModelServer.startWithTemplate(TEMPLATE)) {
            Client.Answer prompt = server.client.post("/apply-template", BODY.formatted(""));
            assertThat(prompt.body().get("prompt").asText()).contains("<|im_start|>system\nsky\n<|im_end|>");
            Client.Answer answer = server.client.post(PATH, BODY.formatted(""));
            assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
            List<JsonNode> chunks = EventStream.chunks(server.client
                    .streamAsync(PATH, BODY.formatted(", \"stream\": true"))
                    .join());
            String streamed = chunks.stream()
                    .map(chunk -> chunk.at("/choices/0/delta/content").asText(""))
                    .collect(Collectors.joining());
            assertThat(streamed)
                    .as("read in pieces or at once")
                    .isEqualTo(answer.body().at("/choices/0/message/content").asText(""));
        }
    }

    @Test
    void thePlainTemplateHasNone() {
        try (ModelServer server = ModelServer.start(1)) {
            Client.Answer answer = server.client.post(PATH, BODY.formatted(""));
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error().get("param").asText()).isEqualTo("tools");
        }
    }
}
