package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.Timings;
import dev.sol.runtime.engine.TokenLogprobs;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all answers say about how they came to be: {@code usage}, {@code timings}, {@code sol}. */
public final class Figures {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Figures() {}

    /**
     * Of the choices of one answer, in their order. A prompt counts once, however many choices it has.
     *
     * @param choicesPerPrompt see {@link CompletionCall}
     */
    static ObjectNode usage(List<CompletionResult> results, int choicesPerPrompt) {
        int prompt = 0;
        int cached = 0;
        int generated = 0;
        for (int i = 0; i < results.size(); i++) {
            CompletionResult result = results.get(i);
            generated += result.completionTokens();
            if (i % choicesPerPrompt == 0) {
                prompt += result.promptTokens();
                cached += result.cachedTokens();
            }
        }
        ObjectNode usage = JSON.objectNode()
                .put("prompt_tokens", prompt)
                .put("completion_tokens", generated)
                .put("total_tokens", prompt + generated);
        usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
        return usage;
    }

    /** Adds {@code timings} and {@code sol} of one choice. */
    static void add(ObjectNode body, CompletionResult result) {
        body.set("timings", timings(result.timings(), result.cachedTokens()));
        body.set("sol", sol(result));
    }

    /** The names are llama-server's. */
    private static ObjectNode timings(Timings timings, int cached) {
        return JSON.objectNode()
                .put("cache_n", cached)
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
        Boolean met = result.deadlineMet();
        if (met != null) {
            sol.put("deadline_met", met);
        }
        result.cappedMaxTokens().ifPresent(room -> sol.put("capped_max_tokens", room));
        if (!result.unreached().isEmpty()) {
            ArrayNode unreached = sol.putArray("unreached");
            result.unreached().forEach(axis -> unreached.add(axis.key()));
        }
        List<TraceEntry> trace = result.trace();
        if (trace != null) {
            sol.set("trace", trace(trace));
        }
        return sol;
    }

    static ArrayNode trace(List<TraceEntry> entries) {
        ArrayNode trace = JSON.arrayNode();
        entries.forEach(entry -> trace.add(traceEntry(entry)));
        return trace;
    }

    /** One token of {@code sol.trace}. */
    public static ObjectNode traceEntry(TraceEntry entry) {
        Action knobs = entry.knobs();
        ObjectNode node = JSON.objectNode()
                .put("token", entry.token())
                .put("text", entry.text())
                .put("attn", knobs == null ? null : knobs.attnKeep())
                .put("mlp", knobs == null ? null : knobs.mlpKeep())
                .put("bits", knobs == null ? null : knobs.actBits());
        TokenLogprobs logprobs = entry.logprobs();
        if (logprobs != null) {
            node.put("logprob", rounded(logprobs.logprob())).put("entropy", rounded(logprobs.entropy()));
        }
        return node;
    }

    private static ObjectNode budget(@Nullable Budget budget) {
        ObjectNode node = JSON.objectNode();
        for (Axis axis : Axis.values()) {
            node.put(axis.key(), budget == null ? null : rounded(budget.get(axis)));
        }
        return node.put("net", budget == null ? null : rounded(budget.net()));
    }

    /** Six decimals: .6 rather than .6000000000000001. */
    static Double rounded(double value) {
        return Math.rint(value * 1e6) / 1e6;
    }
}
