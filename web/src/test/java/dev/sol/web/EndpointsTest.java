package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What does not generate. */
class EndpointsTest {
    private static FakeServer server;

    @BeforeAll
    static void start() {
        server = FakeServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonNode post(String path, String body) {
        Client.Answer answer = server.client.post(path, body.replace('\'', '"'));
        assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void aModel() {
        assertThat(server.client.get("/v1/models/fake").body().get("id").asText())
                .isEqualTo("fake");
        Client.Answer other = server.client.get("/v1/models/other");
        assertThat(other.status()).isEqualTo(404);
        assertThat(other.error().get("code").asText()).isEqualTo("model_not_found");
    }

    @Test
    void properties() {
        assertThat(server.client.get("/props").body().get("total_slots").asInt())
                .isEqualTo(4);
    }

    @Test
    void tokens() {
        assertThat(post("/tokenize", "{'content': 'aé'}")).isEqualTo(Client.json("{\"tokens\": [97, 233]}"));
        assertThat(post("/tokenize", "{'content': 'a', 'add_special': true}"))
                .isEqualTo(Client.json("{\"tokens\": [1, 97]}"));
        assertThat(post("/tokenize", "{'content': 'é', 'with_pieces': true}"))
                .isEqualTo(Client.json("{\"tokens\": [{\"id\": 233, \"piece\": \"é\"}]}"));
        assertThat(post("/detokenize", "{'tokens': [97, 233]}")).isEqualTo(Client.json("{\"content\": \"aé\"}"));
        assertThat(post("/detokenize", "{'tokens': []}")).isEqualTo(Client.json("{\"content\": \"\"}"));
    }

    @Test
    void embeddings() {
        JsonNode one = post("/v1/embeddings", "{'input': 'abc', 'model': 'fake'}");
        assertThat(one).isEqualTo(Client.json("""
                {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [4.0, -0.5]}],
                 "model": "fake", "usage": {"prompt_tokens": 4, "total_tokens": 4}}"""));
        JsonNode two = post("/v1/embeddings", "{'input': ['a', [5, 6, 7]], 'encoding_format': 'base64'}");
        assertThat(two.at("/usage/total_tokens").asInt()).isEqualTo(5);
        byte[] bytes = Base64.getDecoder().decode(two.at("/data/1/embedding").asText());
        assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getFloat())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /tokenize       | content         | {}
            /tokenize       | content         | {"content": 5}
            /detokenize     | tokens          | {}
            /detokenize     | tokens          | {"tokens": "a"}
            /detokenize     | tokens          | {"tokens": [65536]}
            /detokenize     | tokens          | {"tokens": [-1]}
            /v1/embeddings  | input           | {}
            /v1/embeddings  | input           | {"input": []}
            /v1/embeddings  | dimensions      | {"input": "x", "dimensions": 2}
            /v1/embeddings  | encoding_format | {"input": "x", "encoding_format": "hex"}
            /v1/embeddings  | model           | {"input": "x", "model": "other"}
            /apply-template | messages        | {}
            """)
    void wrongFields(String path, String param, String body) {
        Client.Answer answer = server.client.post(path, body);
        assertThat(answer.status()).isBetween(400, 404);
        assertThat(answer.error().get("param").asText()).isEqualTo(param);
    }

    @Test
    void metrics() throws Exception {
        var answer = server.client.completeAsync("{\"prompt\": \"x\"}");
        FakeCompleter.Submission submission = server.completer.take();
        submission.text("a");
        submission.finish("a");
        answer.join();
        server.client.get("/health");
        server.client.get("/v1/models/none");
        server.client.get("/no/such/path");
        HttpRequest request = server.client.request("/metrics").build();
        String metrics = server.client.raw(request).body();
        assertThat(metrics.lines())
                .anyMatch(
                        line -> line.matches(
                                "sol_http_requests_seconds_count\\{method=\"POST\",route=\"/v1/completions\",status=\"200\"} 1(\\.0)?"))
                .anyMatch(line -> line.startsWith(
                        "sol_http_requests_seconds_count{method=\"GET\",route=\"/health\",status=\"200\"}"))
                .anyMatch(line -> line.contains("route=\"/v1/models/:model\",status=\"404\""))
                .anyMatch(line -> line.contains("route=\"other\",status=\"404\""))
                .contains("sol_slots 4.0", "sol_slots_busy 1.0", "sol_queue 0.0")
                .anyMatch(line -> line.startsWith("sol_generated_tokens_total 20"))
                .anyMatch(line -> line.startsWith("sol_first_text_seconds_count 1"))
                .anyMatch(line -> line.startsWith("sol_step_seconds_count 1"))
                .anyMatch(line -> line.startsWith("sol_completions_total{finish_reason=\"stop\",policy=\"dense\"} 1"))
                .anyMatch(line -> line.startsWith("sol_budget_requested_sum{axis=\"bits\",policy=\"dense\"} 16"))
                .noneMatch(line -> line.contains("/no/such/path"));
    }
}
