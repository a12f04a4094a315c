package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.CompletionResult;
import dev.sol.runtime.Timings;
import dev.sol.runtime.TraceEntry;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Response bodies of one completion. {@code toString()} of what the methods return is the JSON text.
 *
 * @param id the completion's id, equal in all chunks
 * @param created seconds since 1970
 * @param model the id of the loaded model
 */
public record CompletionJson(String id, long created, String model) {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** With a new id, and the present time. */
    public static CompletionJson create(String model) {
        return new CompletionJson(
                "cmpl-" + UUID.randomUUID().toString().replace("-", ""), System.currentTimeMillis() / 1000, model);
    }

    /** The body of a completion that is not streamed. */
    public ObjectNode completion(CompletionResult result) {
        ObjectNode body = body();
        body.set("choices", choices(result.text(), result.finishReason().key()));
        return addFigures(body, result);
    }

    /** A chunk with a piece of the text. */
    public ObjectNode textChunk(String text) {
        ObjectNode body = body();
        body.set("choices", choices(text, null));
        return body;
    }

    /** The last chunk with a choice: no text, but {@code finish_reason}, {@code usage}, {@code timings} and {@code sol}. */
    public ObjectNode finalChunk(CompletionResult result) {
        ObjectNode body = body();
        body.set("choices", choices("", result.finishReason().key()));
        return addFigures(body, result);
    }

    /** What follows {@link #finalChunk} when the request has {@code stream_options.include_usage}. */
    public ObjectNode usageChunk(CompletionResult result) {
        ObjectNode body = body();
        body.putArray("choices");
        body.set("usage", usage(result));
        return body;
    }

    private ObjectNode body() {
        return JSON.objectNode()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", created)
                .put("model", model);
    }

    private static ArrayNode choices(String text, @Nullable String finishReason) {
        ArrayNode choices = JSON.arrayNode();
        choices.addObject()
                .put("index", 0)
                .put("text", text)
                .put("finish_reason", finishReason)
                .putNull("logprobs");
        return choices;
    }

    private static ObjectNode addFigures(ObjectNode body, CompletionResult result) {
        body.set("usage", usage(result));
        body.set("timings", timings(result.timings()));
        body.set("sol", sol(result));
        return body;
    }

    private static ObjectNode usage(CompletionResult result) {
        return JSON.objectNode()
                .put("prompt_tokens", result.promptTokens())
                .put("completion_tokens", result.completionTokens())
                .put("total_tokens", result.promptTokens() + result.completionTokens());
    }

    /** The names are llama-server's. */
    private static ObjectNode timings(Timings timings) {
        return JSON.objectNode()
                .put("prompt_n", timings.promptTokens())
                .put("prompt_ms", rounded(timings.promptMillis()))
                .put("prompt_per_token_ms", rounded(timings.promptMillisPerToken()))
                .put("prompt_per_second", rounded(timings.promptPerSecond()))
                .put("predicted_n", timings.predictedTokens())
                .put("predicted_ms", rounded(timings.predictedMillis()))
                .put("predicted_per_token_ms", rounded(timings.predictedMillisPerToken()))
                .put("predicted_per_second", rounded(timings.predictedPerSecond()));
    }

    private static ObjectNode sol(CompletionResult result) {
        ObjectNode sol = JSON.objectNode();
        sol.set("requested", budget(result.requested()));
        sol.set("realised", budget(result.realised()));
        sol.put("policy", result.policy())
                .put("mode", result.execution().key())
                .put("steps", result.steps())
                .put("ms_per_token", result.steps() == 0 ? null : rounded(result.millisPerToken()));
        result.predictedMillisPerToken().ifPresent(millis -> sol.put("predicted_ms_per_token", rounded(millis)));
        result.cappedMaxTokens().ifPresent(room -> sol.put("capped_max_tokens", room));
        if (!result.unreached().isEmpty()) {
            ArrayNode unreached = sol.putArray("unreached");
            result.unreached().forEach(axis -> unreached.add(axis.key()));
        }
        List<TraceEntry> trace = result.trace();
        if (trace != null) {
            ArrayNode entries = sol.putArray("trace");
            trace.forEach(entry -> entries.add(traceEntry(entry)));
        }
        return sol;
    }

    private static ObjectNode budget(@Nullable Budget budget) {
        ObjectNode node = JSON.objectNode();
        for (Axis axis : Axis.values()) {
            node.put(axis.key(), budget == null ? null : rounded(budget.get(axis)));
        }
        return node.put("net", budget == null ? null : rounded(budget.net()));
    }

    /** One token of {@code sol.trace}. */
    public static ObjectNode traceEntry(TraceEntry entry) {
        Action knobs = entry.knobs();
        ObjectNode node = JSON.objectNode().put("token", entry.token()).put("text", entry.text());
        return node.put("attn", knobs == null ? null : knobs.attnKeep())
                .put("mlp", knobs == null ? null : knobs.mlpKeep())
                .put("bits", knobs == null ? null : knobs.actBits());
    }

    /** Six decimals: .6 rather than .6000000000000001. */
    private static Double rounded(double value) {
        return Math.rint(value * 1e6) / 1e6;
    }
}
