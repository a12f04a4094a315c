package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.Arrays;

/**
 * A row as JSON: {@code policy}, {@code budget} (asked for), realised {@code net}, {@code attn}, {@code mlp}, {@code bits}; {@code nll} in
 * nats, {@code ppl}, and the interval of it {@code lo} … {@code hi}; {@code tokens}, {@code ms_per_token}; and more. Losses are kept by
 * window, so that any two rows can be compared later, pair by pair.
 */
final class RowJson {
    private RowJson() {}

    static ObjectNode of(Row row) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("id", row.place().id())
                .put("family", row.place().family())
                .put("against", row.place().against())
                .put("policy", row.policy())
                .put("budget", row.budget())
                .put("net", row.realised().net())
                .put("attn", row.realised().attn())
                .put("mlp", row.realised().mlp())
                .put("bits", row.realised().bits())
                .put("nll", row.mean().mean())
                .put("ppl", row.mean().value())
                .put("lo", row.perplexity().lower())
                .put("hi", row.perplexity().upper())
                .put("tokens", row.mean().tokens())
                .put("ms_per_token", row.millisPerToken())
                .put("policy_ms_per_token", row.policyMillis())
                .put("flops_per_token", row.cost().flops())
                .put("bytes_per_token", row.cost().bytes());
        json.set("requested", budget(row.requested()));
        json.put("distance", row.distance()).put("matched", row.matched());
        Row.Difference difference = row.difference();
        if (difference != null) {
            json.putObject("policy_minus_this")
                    .put("nats", difference.nats())
                    .put("lo", difference.interval().lower())
                    .put("hi", difference.interval().upper())
                    .put("clear", difference.isClear());
        }
        ObjectNode actions = json.putObject("actions");
        row.histogram().forEach((axis, counts) -> Arrays.stream(counts).forEach(actions.withArray(axis.key())::add));
        ArrayNode windows = json.putArray("window_nats");
        Arrays.stream(row.losses().nats()).forEach(windows::add);
        return json;
    }

    static ObjectNode budget(Budget budget) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        for (Axis axis : Axis.values()) {
            json.put(axis.key(), budget.get(axis));
        }
        return json;
    }

    static Budget budget(JsonNode json) {
        return new Budget(
                json.path(Axis.ATTN.key()).asDouble(),
                json.path(Axis.MLP.key()).asDouble(),
                json.path(Axis.BITS.key()).asDouble());
    }
}
