package dev.sol.runtime.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.engine.TraceEntry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompletionJsonTest {
    private static final TokenText TEXTS = token -> token == 99
            ? new byte[] {(byte) 0xe2, (byte) 0x80}
            : Character.toString(token).getBytes(StandardCharsets.UTF_8);

    private final CompletionJson json = json("{\"prompt\": \"x\"}");

    private static CompletionJson json(String body, String... echoes) {
        CompletionCall call =
                new CompletionParser("m", PolicyRegistry.BUILT_IN).parse(body.getBytes(StandardCharsets.UTF_8));
        return new CompletionJson("cmpl-1", 1_700_000_000, "the-model", call, List.of(echoes), TEXTS);
    }

    private static JsonNode parse(Object json) {
        return Json.read("the response", json.toString().getBytes(StandardCharsets.UTF_8));
    }

    private JsonNode sol(Results result) {
        return parse(json.whole(List.of(result.build()))).get("sol");
    }

    @Test
    void aWholeCompletion() {
        CompletionResult result = Results.some()
                .realised(0.61, 0.5999999999, 9.5)
                .capped(3)
                .unreached(Axis.BITS)
                .trace(
                        new TraceEntry(7, "a", null),
                        new TraceEntry(8, " \"b\"", Action.DENSE),
                        new TraceEntry(9, "\n", new Action(0.05, 0.6, 9)))
                .build();

        assertThat(parse(json.whole(List.of(result)))).isEqualTo(parse("""
                {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "the-model",
                 "choices": [{"index": 0, "text": "a \\"b\\"\\n", "finish_reason": "length", "logprobs": null}],
                 "usage": {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7,
                           "prompt_tokens_details": {"cached_tokens": 1}},
                 "timings": {"cache_n": 1, "prompt_n": 3, "prompt_ms": 6.0, "prompt_per_token_ms": 2.0,
                             "prompt_per_second": 500.0, "predicted_n": 3, "predicted_ms": 5.0,
                             "predicted_per_token_ms": 2.5, "predicted_per_second": 400.0},
                 "sol": {"requested": {"attn": 0.6, "mlp": 0.6, "bits": 9.6, "net": 0.6},
                         "realised": {"attn": 0.61, "mlp": 0.6, "bits": 9.5, "net": 0.60125},
                         "policy": "uniform", "mode": "skip", "steps": 2, "ms_per_token": 2.5,
                         "capped_max_tokens": 3, "unreached": ["bits"],
                         "trace": [{"token": 7, "text": "a", "attn": null, "mlp": null, "bits": null},
                                   {"token": 8, "text": " \\"b\\"", "attn": 1.0, "mlp": 1.0, "bits": 16},
                                   {"token": 9, "text": "\\n", "attn": 0.05, "mlp": 0.6, "bits": 9}]}}
                """));
    }

    @Test
    void withoutEffectiveStepsTheRealisedValuesAreNull() {
        JsonNode sol = sol(Results.some());
        assertThat(sol.get("realised"))
                .isEqualTo(parse("{\"attn\": null, \"mlp\": null, \"bits\": null, \"net\": null}"));
        assertThat(sol.fieldNames())
                .toIterable()
                .containsExactly("requested", "realised", "policy", "mode", "steps", "ms_per_token");
    }

    @Test
    void budgetsOfTime() {
        assertThat(sol(Results.some().predicted(2.25))
                        .get("predicted_ms_per_token")
                        .asDouble())
                .isEqualTo(2.25);
        assertThat(sol(Results.some().deadlineMet(false)).get("deadline_met").asBoolean(true))
                .isFalse();
        assertThat(sol(Results.some().deadlineMet(true)).get("deadline_met").asBoolean(false))
                .isTrue();
    }

    @Test
    void withoutStepsThereIsNoTimePerToken() {
        JsonNode body = parse(json.whole(List.of(Results.some().tokens(1).build())));
        assertThat(body.at("/sol/ms_per_token").isNull()).isTrue();
        assertThat(body.at("/timings/predicted_per_token_ms").asDouble()).isZero();
        assertThat(body.at("/timings/predicted_per_second").asDouble()).isZero();
    }

    @Test
    void chunks() {
        CompletionResult result = Results.some().build();
        assertThat(json.begin(0)).isEmpty();
        assertThat(parse(json.more(0, "é", List.of()))).isEqualTo(parse("""
                [{"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "the-model",
                  "choices": [{"index": 0, "text": "é", "finish_reason": null, "logprobs": null}]}]
                """));

        JsonNode last = parse(json.end(0, result)).get(0);
        assertThat(last.at("/choices/0/text").asText()).isEmpty();
        assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        JsonNode whole = parse(json.whole(List.of(result)));
        for (String field : List.of("id", "object", "created", "model", "usage", "timings", "sol")) {
            assertThat(last.get(field)).isEqualTo(whole.get(field));
        }

        JsonNode usage = parse(json.usage(List.of(result)));
        assertThat(usage.get("choices")).isEmpty();
        assertThat(usage.get("usage")).isEqualTo(whole.get("usage"));
    }

    @Test
    void tracesComeWithTheText() {
        CompletionJson traced = json("{\"prompt\": \"x\", \"trace\": true}");
        JsonNode chunk =
                parse(traced.more(0, "a", List.of(Results.token(97, "a")))).get(0);
        assertThat(chunk.at("/sol/trace/0/token").asInt()).isEqualTo(97);
        assertThat(chunk.at("/sol/trace/0/logprob").asDouble()).isEqualTo(-0.5);
        assertThat(chunk.at("/sol/trace/0/entropy").asDouble()).isEqualTo(1.25);
    }

    @Test
    void severalChoicesShareThePromptsTokens() {
        CompletionJson two = json("{\"prompt\": [\"x\", \"y\"], \"n\": 2, \"echo\": true}", "x", "y");
        List<CompletionResult> results = List.of(
                Results.some().text("1", FinishReason.STOP).build(),
                Results.some().text("2", FinishReason.STOP).build(),
                Results.some().text("3", FinishReason.STOP).build(),
                Results.some().text("4", FinishReason.STOP).build());
        JsonNode body = parse(two.whole(results));
        assertThat(body.findValuesAsText("text")).containsExactly("x1", "x2", "y3", "y4");
        assertThat(body.get("choices"))
                .extracting(choice -> choice.get("index").asInt())
                .containsExactly(0, 1, 2, 3);
        assertThat(body.get("usage")).isEqualTo(parse("""
                {"prompt_tokens": 8, "completion_tokens": 12, "total_tokens": 20,
                 "prompt_tokens_details": {"cached_tokens": 2}}"""));
        assertThat(body.has("sol")).isFalse();
        assertThat(body.at("/choices/3/sol/policy").asText()).isEqualTo("uniform");

        ObjectNode begin = two.begin(2).getFirst();
        assertThat(begin.at("/choices/0/text").asText()).isEqualTo("y");
        assertThat(begin.at("/choices/0/index").asInt()).isEqualTo(2);
        assertThat(two.end(2, results.get(2)).getFirst().has("usage")).isFalse();
    }

    @Test
    void logprobs() {
        CompletionJson probable = json("{\"prompt\": \"p\", \"logprobs\": 2, \"echo\": true}", "🙂");
        CompletionResult result = Results.some()
                .text("ab", FinishReason.STOP)
                .prompt(new TraceEntry(0x1f642, "🙂", null))
                .logprobs(Results.token(97, "a"), Results.token(98, "b"))
                .build();
        assertThat(parse(probable.whole(List.of(result))).at("/choices/0/logprobs"))
                .isEqualTo(parse("""
                {"tokens": ["🙂", "a", "b"], "token_logprobs": [null, -0.5, -0.5],
                 "top_logprobs": [null, {"a": -0.5, "b": -2.0}, {"b": -0.5, "bytes:\\\\xe2\\\\x80": -2.0}],
                 "text_offset": [0, 1, 2]}"""));
    }

    @Test
    void streamedLogprobsGoOnCounting() {
        CompletionJson probable = json("{\"prompt\": \"p\", \"logprobs\": 0}");
        probable.more(0, "ab", List.of(Results.token(97, "ab")));
        JsonNode second =
                parse(probable.more(0, "c", List.of(Results.token(99, "c")))).get(0);
        assertThat(second.at("/choices/0/logprobs/text_offset/0").asInt()).isEqualTo(2);
        assertThat(second.at("/choices/0/logprobs/tokens/0").asText()).isEqualTo("bytes:\\xe2\\x80");
    }

    @Test
    void idsDiffer() {
        assertThat(CompletionJson.id("cmpl-")).startsWith("cmpl-").isNotEqualTo(CompletionJson.id("cmpl-"));
    }
}
