package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client gets from the embedded model. */
@Tag("model")
class CompletionsModelTest {
    private static ModelServer server;

    @BeforeAll
    static void start() {
        server = ModelServer.start(8);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** The body of a request for a greedy continuation of a fixed prompt. */
    private static String greedy(int maxTokens, String more) {
        return "{\"prompt\": \"Once upon a time\", \"max_tokens\": %d, \"temperature\": 0%s}"
                .formatted(maxTokens, more);
    }

    private static Client.Answer complete(String body) {
        Client.Answer answer = server.client.complete(body);
        assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
        return answer;
    }

    /** The line of the README. */
    @Test
    void budgetedCompletion() {
        Client.Answer answer = complete("{\"prompt\":\"Once upon a time\",\"max_tokens\":64,\"budget\":0.6}");
        JsonNode body = answer.body();
        assertThat(answer.text()).isNotBlank();
        assertThat(body.get("object").asText()).isEqualTo("text_completion");
        assertThat(body.get("model").asText()).isEqualTo(ModelServer.MODEL);
        int generated = body.at("/usage/completion_tokens").asInt();
        assertThat(generated).isBetween(1, 64);

        JsonNode sol = body.get("sol");
        assertThat(sol.at("/requested/net").asDouble()).isEqualTo(0.6);
        assertThat(sol.at("/requested/attn").asDouble()).isEqualTo(0.6);
        assertThat(sol.at("/requested/bits").asDouble()).isEqualTo(9.6);
        if (generated == 64) { // else the model has ended the text, and few steps say little
            assertThat(sol.at("/realised/net").asDouble()).isCloseTo(0.6, within(0.02));
        }
        assertThat(sol.get("policy").asText()).isEqualTo("uniform");
        assertThat(sol.get("mode").asText()).isEqualTo("reference");
        assertThat(sol.get("steps").asInt()).isEqualTo(generated - 1);
        assertThat(sol.get("ms_per_token").asDouble()).isPositive();
        assertThat(sol.has("trace")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "'', 1",
        "', \"budget\": 0.6', 0.6",
        "', \"budget\": {\"attn\": 0.5, \"mlp\": 0.7, \"bits\": 8}', 0.5667"
    })
    void theStreamIsThePlainText(String budget, double net) {
        Client.Answer plain = complete(greedy(48, budget));
        List<JsonNode> chunks = EventStream.chunks(server.client.stream(greedy(48, budget + ", \"stream\": true")));

        assertThat(chunks).hasSizeGreaterThan(20);
        assertThat(EventStream.text(chunks)).isEqualTo(plain.text());
        JsonNode last = chunks.getLast();
        assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo(plain.finishReason());
        assertThat(last.get("usage")).isEqualTo(plain.body().get("usage"));
        assertThat(last.at("/sol/realised")).isEqualTo(plain.body().at("/sol/realised"));
        assertThat(last.at("/sol/realised/net").asDouble()).isCloseTo(net, within(0.02));
        assertThat(last.at("/timings/predicted_n")).isEqualTo(plain.body().at("/usage/completion_tokens"));
    }

    @Test
    void usageAndTimings() {
        JsonNode body = complete(greedy(12, ", \"ignore_eos\": true")).body();
        int prompt = body.at("/usage/prompt_tokens").asInt();
        assertThat(prompt).isPositive();
        assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(12);
        assertThat(body.at("/usage/total_tokens").asInt()).isEqualTo(prompt + 12);
        int cached = body.at("/usage/prompt_tokens_details/cached_tokens").asInt();
        assertThat(body.at("/timings/cache_n").asInt()).isEqualTo(cached);
        assertThat(body.at("/timings/prompt_n").asInt()).isEqualTo(prompt - cached);
        assertThat(body.at("/timings/predicted_n").asInt()).isEqualTo(12);
        assertThat(body.at("/timings/predicted_ms").asDouble()).isPositive();
    }

    @Test
    void withoutABudgetEverythingIsDense() {
        JsonNode sol = complete(greedy(12, "")).body().get("sol");
        assertThat(sol.get("policy").asText()).isEqualTo("dense");
        assertThat(sol.get("requested"))
                .isEqualTo(Client.json("{\"attn\": 1.0, \"mlp\": 1.0, \"bits\": 16.0, \"net\": 1.0}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"uniform", "random"})
    void policies(String policy) {
        String more = ", \"budget\": 0.5, \"seed\": 7, \"ignore_eos\": true, \"policy\": \"%s\"".formatted(policy);
        Client.Answer answer = complete(greedy(100, more));
        assertThat(answer.body().at("/sol/policy").asText()).isEqualTo(policy);
        assertThat(answer.body().at("/sol/realised/net").asDouble()).isCloseTo(0.5, within(0.02));
        assertThat(complete(greedy(100, more)).text()).as("equal seeds").isEqualTo(answer.text());
    }

    @Test
    void theDensePolicySpendsEverything() {
        Client.Answer answer = complete(greedy(32, ", \"budget\": 1, \"policy\": \"dense\""));
        assertThat(answer.body().at("/sol/policy").asText()).isEqualTo("dense");
        assertThat(answer.body().at("/sol/realised/net").asDouble()).isEqualTo(1);
        assertThat(answer.text()).isEqualTo(complete(greedy(32, "")).text());
    }

    @Test
    void trace() {
        Client.Answer answer = complete(greedy(24, ", \"budget\": 0.6, \"trace\": true, \"ignore_eos\": true"));
        JsonNode trace = answer.body().at("/sol/trace");
        assertThat(trace).hasSize(24);
        assertThat(trace.get(0).get("attn").isNull()).isTrue();
        assertThat(trace.get(0).get("bits").isNull()).isTrue();
        StringBuilder text = new StringBuilder();
        for (JsonNode entry : trace) {
            assertThat(entry.fieldNames()).toIterable().containsExactly("token", "text", "attn", "mlp", "bits");
            text.append(entry.get("text").asText());
        }
        assertThat(text).hasToString(answer.text());
        assertThat(trace.get(23).get("attn").asDouble()).isBetween(0.55, 0.65);
        assertThat(trace.get(23).get("bits").asInt()).isBetween(9, 10);
    }

    @Test
    void aBudgetInMilliseconds() {
        JsonNode ample = complete(greedy(8, ", \"ignore_eos\": true, \"budget\": {\"ms_per_token\": 1000}"))
                .body()
                .get("sol");
        assertThat(ample.at("/requested/net").asDouble()).isEqualTo(1);
        assertThat(ample.get("predicted_ms_per_token").asDouble()).isBetween(1e-6, 1000.0);
        assertThat(ample.get("ms_per_token").asDouble()).isPositive();

        for (String stream : List.of("", ", \"stream\": true")) {
            Client.Answer answer = server.client.complete(greedy(8, ", \"budget\": {\"ms_per_token\": 1e-9}" + stream));
            assertThat(answer.status()).isEqualTo(400);
            JsonNode error = answer.body().get("error");
            assertThat(error.get("param").asText()).isEqualTo("budget.ms_per_token");
            assertThat(error.get("code").asText()).isEqualTo("unattainable_budget");
            Matcher minimum = Pattern.compile("must be at least ([0-9.]+) \\(the minimum")
                    .matcher(error.get("message").asText());
            assertThat(minimum.find()).isTrue();

            JsonNode least = complete(greedy(8, ", \"budget\": {\"ms_per_token\": %s}".formatted(minimum.group(1))))
                    .body()
                    .get("sol");
            assertThat(least.get("predicted_ms_per_token").asDouble())
                    .isLessThanOrEqualTo(Double.parseDouble(minimum.group(1)) + 1e-6);
        }
    }

    @Test
    void traceOfAStream() {
        List<JsonNode> chunks = EventStream.chunks(
                server.client.stream(greedy(6, ", \"trace\": true, \"stream\": true, \"ignore_eos\": true")));
        assertThat(chunks.getLast().at("/sol/trace")).hasSize(6);
    }

    @Test
    void aStopStringAcrossChunksDoesNotLeak() {
        String text = complete(greedy(48, "")).text();
        String stop = text.substring(21, 33); // several tokens
        String expected = text.substring(0, text.indexOf(stop));
        String more = ", \"stop\": [\"@@@\", %s]".formatted(new TextNode(stop));

        Client.Answer plain = complete(greedy(48, more));
        assertThat(plain.text()).isEqualTo(expected);
        assertThat(plain.finishReason()).isEqualTo("stop");

        List<JsonNode> chunks = EventStream.chunks(server.client.stream(greedy(48, more + ", \"stream\": true")));
        assertThat(EventStream.text(chunks)).isEqualTo(expected);
        assertThat(chunks.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    }

    @Test
    void ignoreEos() {
        String body =
                "{\"prompt\": \"They lived happily ever after. The end.\", \"max_tokens\": 240, \"temperature\": 1, ";
        int seed = Stream.iterate(1, i -> i + 1)
                .limit(40)
                .filter(i -> complete(body + "\"seed\": %d}".formatted(i))
                        .finishReason()
                        .equals("stop"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no seed lets the model end its text"));
        Client.Answer answer = complete(body + "\"seed\": %d, \"ignore_eos\": true}".formatted(seed));
        assertThat(answer.finishReason()).isEqualTo("length");
        assertThat(answer.body().at("/usage/completion_tokens").asInt()).isEqualTo(240);
    }

    @Test
    void whatDoesNotFitTheContextIsCappedAndReported() {
        JsonNode body = complete(greedy(100_000, ", \"ignore_eos\": true")).body();
        int prompt = body.at("/usage/prompt_tokens").asInt();
        int room = ModelServer.CONTEXT - prompt + 1; // the last token is not decoded
        assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(room);
        assertThat(body.at("/sol/capped_max_tokens").asInt()).isEqualTo(room);
        assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"" + ModelServer.MODEL + "\"", "null"})
    void theModelByName(String model) {
        complete(greedy(1, ", \"model\": " + model));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"Once upon a time\"", "[\"Once upon a time\"]", "[5, 6, 7]", "\"\"", "\"ü🙂\\u0000\""})
    void prompts(String prompt) {
        complete("{\"prompt\": %s, \"max_tokens\": 2}".formatted(prompt));
    }

    @Test
    void aStreamOfUnicodeIsWhole() {
        List<JsonNode> chunks = EventStream.chunks(server.client.stream(
                "{\"prompt\": \"🙂\", \"max_tokens\": 100, \"temperature\": 50, \"top_k\": 0, \"top_p\": 1, \"min_p\": 0,"
                        + " \"seed\": 1, \"stream\": true, \"ignore_eos\": true}"));
        // Random tokens are mostly not UTF-8: what is shown must still be text, whose every piece encodes.
        for (JsonNode chunk : chunks) {
            String piece = chunk.at("/choices/0/text").asText();
            assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(piece)).isTrue();
        }
    }
}
