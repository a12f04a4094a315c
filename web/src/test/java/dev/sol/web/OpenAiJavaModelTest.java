package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.FinishReason;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** OpenAI's client for Java. */
@Tag("model")
class OpenAiJavaModelTest {
    private static ModelServer server;
    private static OpenAIClient client;

    @BeforeAll
    static void start() {
        server = ModelServer.start(8);
        client = OpenAIOkHttpClient.builder()
                .baseUrl(server.server.uri() + "/v1")
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static CompletionCreateParams.Builder completion() {
        return CompletionCreateParams.builder()
                .model(ModelServer.MODEL)
                .prompt("Once upon a time")
                .maxTokens(16)
                .temperature(0);
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder()
                .model(ModelServer.MODEL)
                .addSystemMessage("You tell stories.")
                .addUserMessage("Tell one.")
                .maxCompletionTokens(16)
                .temperature(0);
    }

    private static ChatCompletion ask(ChatCompletionCreateParams params) {
        return client.chat().completions().create(params);
    }

    /** What a light is like. */
    public enum Colour {
        RED,
        GREEN
    }

    /** An answer with a shape. */
    @SuppressWarnings("NullAway.Init") // filled in by the client
    public static class Light {
        public Colour colour;
        public boolean warm;
    }

    @Test
    void plain() {
        Completion completion = client.completions().create(completion().build());
        assertThat(completion.choices().getFirst().text()).isNotEmpty();
        assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(16);
        ChatCompletion answer = ask(chat().build());
        assertThat(answer.choices().getFirst().message().content().orElseThrow())
                .isNotEmpty();
        assertThat(answer.usage()
                        .orElseThrow()
                        .promptTokensDetails()
                        .orElseThrow()
                        .cachedTokens())
                .isPresent();
    }

    @Test
    void streaming() {
        String whole =
                ask(chat().build()).choices().getFirst().message().content().orElseThrow();
        ChatCompletionCreateParams params = chat().streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            List<ChatCompletionChunk> chunks = stream.stream().toList();
            assertThat(chunks.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .map(choice -> choice.delta().content().orElse(""))
                            .collect(Collectors.joining()))
                    .isEqualTo(whole);
            assertThat(chunks.getLast().usage().orElseThrow().completionTokens())
                    .isPositive();
        }
    }

    @Test
    void logprobs() {
        var rows = ask(chat().logprobs(true).topLogprobs(3).build())
                .choices()
                .getFirst()
                .logprobs()
                .orElseThrow()
                .content()
                .orElseThrow();
        assertThat(rows).isNotEmpty().allSatisfy(row -> {
            assertThat(row.logprob()).isLessThanOrEqualTo(0);
            assertThat(row.topLogprobs()).hasSize(3);
        });
        var columns = client.completions()
                .create(completion().logprobs(2).echo(true).build())
                .choices()
                .getFirst()
                .logprobs()
                .orElseThrow();
        assertThat(columns.tokens().orElseThrow())
                .hasSameSizeAs(columns.textOffset().orElseThrow());
    }

    @Test
    void aJsonSchema() {
        var params = chat().maxCompletionTokens(160).responseFormat(Light.class).build();
        Light light = client.chat()
                .completions()
                .create(params)
                .choices()
                .getFirst()
                .message()
                .content()
                .orElseThrow();
        assertThat(light.colour).isIn(Colour.RED, Colour.GREEN);
    }

    @Test
    void errors() {
        assertThatThrownBy(() -> ask(chat().temperature(-1).build()))
                .isInstanceOfSatisfying(BadRequestException.class, e -> {
                    assertThat(e.param()).contains("temperature");
                    assertThat(e.code()).contains("invalid_value");
                    assertThat(e.type()).contains("invalid_request_error");
                });
        assertThatThrownBy(() -> client.models().retrieve("none")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void cancellation() throws Exception {
        server.accepted.clear();
        server.pauseAfterText(20);
        try {
            ChatCompletionCreateParams params = chat().maxCompletionTokens(200)
                    .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
                    .build();
            try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(params)) {
                assertThat(stream.stream().findFirst()).isPresent();
            }
            CompletionHandle handle = server.takeAccepted();
            assertThat(handle.result().get(2, TimeUnit.MINUTES).finishReason()).isEqualTo(FinishReason.CANCELLED);
        } finally {
            server.pauseAfterText(0);
        }
    }

    @Test
    void theBudget() {
        ChatCompletion answer =
                ask(chat().putAdditionalBodyProperty("budget", JsonValue.from(Map.of("attn", 0.5, "mlp", 0.5)))
                        .build());
        Map<?, ?> sol = Objects.requireNonNull(answer._allProperties().get("sol"), "our extension")
                .convert(Map.class);
        assertThat(sol.get("requested"))
                .isInstanceOfSatisfying(
                        Map.class,
                        requested -> assertThat(requested.get("attn")).isEqualTo(0.5));
        assertThat(sol.get("policy")).isEqualTo("uniform");
    }

    @Test
    void embeddings() {
        var answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(ModelServer.MODEL)
                        .inputOfArrayOfStrings(List.of("a cat", "a dog"))
                        .build());
        assertThat(answer.data()).hasSize(2);
        assertThat(answer.data().getFirst().embedding()).isNotEmpty();
    }
}
