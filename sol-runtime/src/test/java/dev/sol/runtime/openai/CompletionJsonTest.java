package dev.sol.runtime.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.CompletionResult;
import dev.sol.runtime.Execution;
import dev.sol.runtime.FinishReason;
import dev.sol.runtime.Timings;
import dev.sol.runtime.TraceEntry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompletionJsonTest {
    private final CompletionJson json = new CompletionJson("cmpl-1", 1_700_000_000, "the-model");

    private static CompletionResult result(
            @Nullable Budget realised, OptionalInt capped, List<Axis> unreached, @Nullable List<TraceEntry> trace) {
        return result(realised, OptionalDouble.empty(), capped, unreached, trace);
    }

    private static CompletionResult result(
            @Nullable Budget realised,
            OptionalDouble predicted,
            OptionalInt capped,
            List<Axis> unreached,
            @Nullable List<TraceEntry> trace) {
        return new CompletionResult(
                "a \"b\"\n",
                FinishReason.LENGTH,
                4,
                3,
                new Budget(0.6, 0.6, 9.6),
                realised,
                "uniform",
                Execution.SKIP,
                predicted,
                2,
                5,
                capped,
                unreached,
                new Timings(4, 8, 3, 5),
                trace,
                0,
                null,
                null,
                null);
    }

    private static JsonNode parse(Object json) {
        return CompletionParser.read("the response", json.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode parse(String json) {
        return parse((Object) json);
    }

    @Test
    void aWholeCompletion() {
        CompletionResult result = result(
                new Budget(0.61, 0.5999999999, 9.5),
                OptionalInt.of(3),
                List.of(Axis.BITS),
                List.of(
                        new TraceEntry(7, "a", null),
                        new TraceEntry(8, " \"b\"", Action.DENSE),
                        new TraceEntry(9, "\n", new Action(0.05, 0.6, 9))));

        assertThat(parse(json.completion(result))).isEqualTo(parse("""
                {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "the-model",
                 "choices": [{"index": 0, "text": "a \\"b\\"\\n", "finish_reason": "length", "logprobs": null}],
                 "usage": {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7},
                 "timings": {"prompt_n": 4, "prompt_ms": 8.0, "prompt_per_token_ms": 2.0, "prompt_per_second": 500.0,
                             "predicted_n": 3, "predicted_ms": 5.0, "predicted_per_token_ms": 2.5,
                             "predicted_per_second": 400.0},
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
        JsonNode sol = parse(json.completion(result(null, OptionalInt.empty(), List.of(), null)))
                .get("sol");

        assertThat(sol.get("realised"))
                .isEqualTo(parse("{\"attn\": null, \"mlp\": null, \"bits\": null, \"net\": null}"));
        assertThat(sol.has("capped_max_tokens")).isFalse();
        assertThat(sol.has("predicted_ms_per_token")).isFalse();
        assertThat(sol.has("unreached")).isFalse();
        assertThat(sol.has("trace")).isFalse();
    }

    @Test
    void aBudgetInMillisecondsSaysWhatWasPredicted() {
        JsonNode sol = parse(
                        json.completion(result(null, OptionalDouble.of(2.25), OptionalInt.empty(), List.of(), null)))
                .get("sol");

        assertThat(sol.get("ms_per_token").asDouble()).isEqualTo(2.5);
        assertThat(sol.get("predicted_ms_per_token").asDouble()).isEqualTo(2.25);
    }

    @Test
    void withoutStepsThereIsNoTimePerToken() {
        CompletionResult one = new CompletionResult(
                "a",
                FinishReason.STOP,
                4,
                1,
                Budget.DENSE,
                null,
                "dense",
                Execution.SKIP,
                OptionalDouble.empty(),
                0,
                0,
                OptionalInt.empty(),
                List.of(),
                new Timings(4, 8, 1, 0.01),
                null,
                0,
                null,
                null,
                null);
        JsonNode body = parse(json.completion(one));

        assertThat(body.at("/sol/ms_per_token").isNull()).isTrue();
        assertThat(body.at("/timings/predicted_per_token_ms").asDouble()).isZero();
        assertThat(body.at("/timings/predicted_per_second").asDouble()).isZero();
        assertThat(body.at("/sol/requested/net").asDouble()).isEqualTo(1);
    }

    @Test
    void chunks() {
        CompletionResult result = result(new Budget(0.6, 0.6, 10), OptionalInt.empty(), List.of(), null);

        assertThat(parse(json.textChunk("é"))).isEqualTo(parse("""
                {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "the-model",
                 "choices": [{"index": 0, "text": "é", "finish_reason": null, "logprobs": null}]}
                """));

        JsonNode last = parse(json.finalChunk(result));
        assertThat(last.at("/choices/0/text").asText()).isEmpty();
        assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        JsonNode whole = parse(json.completion(result));
        for (String field : List.of("id", "object", "created", "model", "usage", "timings", "sol")) {
            assertThat(last.get(field)).isEqualTo(whole.get(field));
        }

        assertThat(parse(json.usageChunk(result))).isEqualTo(parse("""
                {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "the-model", "choices": [],
                 "usage": {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}}
                """));
    }

    @Test
    void idsDiffer() {
        assertThat(CompletionJson.create("m").id())
                .startsWith("cmpl-")
                .isNotEqualTo(CompletionJson.create("m").id());
    }
}
