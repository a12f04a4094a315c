package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.chat.ChatPrompt;
import dev.sol.runtime.chat.ChatRequest;
import dev.sol.runtime.chat.ChatTemplate;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The embedded model in a chat, and within a schema. */
@Tag("model")
@Timeout(300)
class EmbeddedModelChatTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String FORMAT = """
            {"type": "json_schema", "json_schema": {"name": "story", "schema": {"type": "object", "required": ["title", "pages"],
              "additionalProperties": false, "properties": {"title": {"type": "string", "maxLength": 20},
              "pages": {"type": "integer", "minimum": 1, "maximum": 99}}}}}
            """;

    @Test
    void anAnswerMatchesItsSchema() throws IOException {
        Model model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        try (CompletionEngine engine = CompletionEngine.open(model, ContextOptions.DEFAULT.withThreads(1), 4);
                ChatTemplate template = ChatTemplate.of(model)) {
            assertThat(template.source()).isEqualTo(ChatTemplate.PLAIN);
            ChatPrompt prompt = template.apply(
                    ChatRequest.builder(MAPPER.readTree("[{\"role\": \"user\", \"content\": \"A story\"}]"))
                            .responseFormat(MAPPER.readTree(FORMAT))
                            .build());
            for (int seed = 0; seed < 3; seed++) {
                CompletionResult result = engine.submit(
                                CompletionRequest.builder(prompt.text())
                                        .maxTokens(120)
                                        .sampling(SamplingOptions.DEFAULT
                                                .withSeed(seed)
                                                .withGrammar(prompt.grammar().orElseThrow()))
                                        .build(),
                                CompletionListener.NONE)
                        .result()
                        .join();
                assertThat(result.finishReason()).as(result.text()).isEqualTo(FinishReason.STOP);
                JsonNode json = MAPPER.readTree(result.text());
                assertThat(json.path("title").isTextual()).isTrue();
                assertThat(json.path("title").asText().length()).isLessThanOrEqualTo(20);
                assertThat(json.path("pages").asInt()).isBetween(1, 99);
                assertThat(json.size()).isEqualTo(2);
            }
        }
    }
}
