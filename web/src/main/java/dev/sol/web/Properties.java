package dev.sol.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Execution;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.openai.ChatFormat;
import dev.sol.runtime.openai.RequestLimits;
import java.util.List;
import java.util.Locale;

/** The body of {@code GET /props}. Names that llama-server has are as there. */
final class Properties {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Properties() {}

    /**
     * All of it.
     *
     * @param context tokens that fit
     * @param slots completions that can run at once
     */
    static ObjectNode of(
            String id,
            ModelInfo info,
            int context,
            int slots,
            Execution execution,
            List<LayerKnobs> layers,
            PolicyRegistry policies,
            RequestLimits limits,
            ChatFormat chat) {
        ObjectNode body = JSON.objectNode();
        body.set("model", model(id, info));
        body.putObject("default_generation_settings").put("n_ctx", context);
        body.put("total_slots", slots).put("chat_template", chat.source());
        ObjectNode capabilities = body.putObject("chat_template_caps");
        chat.capabilities().forEach(capabilities::put);
        body.put("mode", execution.key()).set("policies", policies(policies));
        body.set("limits", limits(limits));
        body.set("layers", layers(layers));
        return body;
    }

    private static ObjectNode model(String id, ModelInfo info) {
        return JSON.objectNode()
                .put("id", id)
                .put("architecture", info.architecture())
                .put("name", info.name())
                .put("description", info.description())
                .put("parameters", info.parameters())
                .put("size_bytes", info.sizeBytes())
                .put("layers", info.layers())
                .put("heads", info.heads())
                .put("kv_heads", info.kvHeads())
                .put("embedding_length", info.embeddingLength())
                .put("vocabulary", info.vocabularySize())
                .put("trained_context", info.contextLength());
    }

    private static ArrayNode policies(PolicyRegistry policies) {
        ArrayNode array = JSON.arrayNode();
        for (String name : policies.names()) {
            ComputePolicy policy = policies.byName(name);
            ObjectNode entry =
                    array.addObject().put("name", name).put("default", policy.equals(policies.defaultPolicy()));
            entry.set("grid", grid(policy.grid()));
        }
        return array;
    }

    private static ObjectNode grid(ActionGrid grid) {
        ObjectNode node = JSON.objectNode();
        for (Axis axis : Axis.values()) {
            ArrayNode values = node.putArray(axis.key());
            for (double value : grid.values(axis)) {
                if (axis == Axis.BITS) {
                    values.add((int) value);
                } else {
                    values.add(value);
                }
            }
        }
        return node;
    }

    private static ObjectNode limits(RequestLimits limits) {
        ObjectNode node = JSON.objectNode().put("n", limits.maxChoices());
        node.put("max_tokens", limits.maxTokens() == Integer.MAX_VALUE ? null : limits.maxTokens());
        node.put(
                "timeout_s", limits.timeout().map(time -> time.toMillis() / 1e3).orElse(null));
        return node;
    }

    /** What each knob reaches, and where that saves time. */
    private static ArrayNode layers(List<LayerKnobs> layers) {
        ArrayNode array = JSON.arrayNode();
        for (LayerKnobs layer : layers) {
            array.addObject()
                    .put("attn", layer.attention().name().toLowerCase(Locale.ROOT))
                    .put("attn_skips", layer.attnSkips())
                    .put("mlp_units", layer.mlpUnits())
                    .put("shared_units", layer.sharedUnits())
                    .put("routed_units", layer.routedUnits())
                    .put("mlp_skips", layer.mlpSkips())
                    .put("bits", layer.actBits());
        }
        return array;
    }
}
