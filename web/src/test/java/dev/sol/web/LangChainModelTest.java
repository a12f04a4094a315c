package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiChatResponseMetadata;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiLanguageModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** LangChain4j's client. */
@Tag("model")
class LangChainModelTest {
    private static ModelServer server;

    @BeforeAll
    static void start() {
        server = ModelServer.start(8);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static OpenAiChatModel.OpenAiChatModelBuilder chat() {
        return OpenAiChatModel.builder()
                .baseUrl(server.server.uri() + "/v1")
                .apiKey("none")
                .modelName(ModelServer.MODEL)
                .maxCompletionTokens(16)
                .temperature(0.0)
                .maxRetries(0);
    }

    private static OpenAiStreamingChatModel streaming(int tokens, Map<String, Object> more) {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(server.server.uri() + "/v1")
                .apiKey("none")
                .modelName(ModelServer.MODEL)
                .maxCompletionTokens(tokens)
                .temperature(0.0)
                .customParameters(more)
                .build();
    }

    private static ChatRequest request() {
        return ChatRequest.builder().messages(UserMessage.from("Tell a story.")).build();
    }

    /** Keeps what came, and stops on request. */
    private static final class Collector implements StreamingChatResponseHandler {
        final List<String> pieces = new CopyOnWriteArrayList<>();
        final CompletableFuture<ChatResponse> response = new CompletableFuture<>();
        private final boolean stop;

        Collector(boolean stop) {
            this.stop = stop;
        }

        @Override
        public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
            pieces.add(partial.text());
            if (stop) {
                context.streamingHandle().cancel();
            }
        }

        @Override
        public void onCompleteResponse(ChatResponse complete) {
            response.complete(complete);
        }

        @Override
        public void onError(Throwable failure) {
            response.completeExceptionally(failure);
        }
    }

    @Test
    void plain() {
        ChatResponse response = chat().build().chat(request());
        assertThat(response.aiMessage().text()).isNotEmpty();
        assertThat(response.finishReason()).isIn(FinishReason.LENGTH, FinishReason.STOP);
        OpenAiTokenUsage usage = (OpenAiTokenUsage) response.tokenUsage();
        assertThat(usage.outputTokenCount()).isPositive();
        assertThat(usage.inputTokensDetails().cachedTokens()).isNotNull();
        String text = OpenAiLanguageModel.builder()
                .baseUrl(server.server.uri() + "/v1")
                .apiKey("none")
                .modelName(ModelServer.MODEL)
                .build()
                .generate("Once upon a time")
                .content();
        assertThat(text).isNotEmpty();
    }

    @Test
    void streamingIsTheSame() throws Exception {
        Collector collector = new Collector(false);
        streaming(16, Map.of()).chat(request(), collector);
        ChatResponse response = collector.response.get(2, TimeUnit.MINUTES);
        assertThat(String.join("", collector.pieces))
                .isEqualTo(chat().build().chat(request()).aiMessage().text());
        assertThat(response.tokenUsage().outputTokenCount()).isPositive();
    }

    @Test
    void logprobs() {
        ChatResponse response = chat().logprobs(true).topLogprobs(2).build().chat(request());
        OpenAiChatResponseMetadata metadata = (OpenAiChatResponseMetadata) response.metadata();
        JsonNode raw = Client.json(metadata.rawHttpResponse().body());
        assertThat(raw.at("/choices/0/logprobs/content/0/top_logprobs")).hasSize(2);
    }

    @Test
    void aJsonSchema() {
        ResponseFormat format = ResponseFormat.builder()
                .type(ResponseFormatType.JSON)
                .jsonSchema(JsonSchema.builder()
                        .name("light")
                        .rootElement(JsonObjectSchema.builder()
                                .addEnumProperty("colour", List.of("red", "green"))
                                .addBooleanProperty("warm")
                                .required("colour", "warm")
                                .additionalProperties(false)
                                .build())
                        .build())
                .build();
        ChatResponse response = chat().maxCompletionTokens(160)
                .responseFormat(format)
                .strictJsonSchema(true)
                .build()
                .chat(request());
        assertThat(Client.json(response.aiMessage().text()).get("colour").asText())
                .isIn("red", "green");
    }

    @Test
    void errors() {
        assertThatThrownBy(() -> chat().temperature(-1.0).build().chat(request()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("temperature");
    }

    @Test
    void cancellation() throws Exception {
        server.accepted.clear();
        server.pauseAfterText(20);
        try {
            streaming(200, Map.of("ignore_eos", true)).chat(request(), new Collector(true));
            assertThat(server.takeAccepted().result().get(2, TimeUnit.MINUTES).finishReason())
                    .isEqualTo(dev.sol.runtime.engine.FinishReason.CANCELLED);
        } finally {
            server.pauseAfterText(0);
        }
    }

    @Test
    void theBudget() {
        ChatResponse response = chat().customParameters(Map.of("budget", Map.of("attn", 0.5, "mlp", 0.5)))
                .build()
                .chat(request());
        OpenAiChatResponseMetadata metadata = (OpenAiChatResponseMetadata) response.metadata();
        JsonNode sol = Client.json(metadata.rawHttpResponse().body()).get("sol");
        assertThat(sol.at("/requested/attn").asDouble()).isEqualTo(0.5);
    }

    @Test
    void embeddings() {
        float[] vector = OpenAiEmbeddingModel.builder()
                .baseUrl(server.server.uri() + "/v1")
                .apiKey("none")
                .modelName(ModelServer.MODEL)
                .build()
                .embed("a cat")
                .content()
                .vector();
        assertThat(vector).isNotEmpty();
    }
}
