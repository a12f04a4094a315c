package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The fields that say how tokens are picked and where the text ends, equal in all endpoints that generate. */
final class SamplingFields {
    private static final long MAX_SEED = (1L << 32) - 2; // the highest 32-bit number means "random" to llama.cpp
    private static final double MAX_BIAS = 100; // OpenAI's

    private SamplingFields() {}

    static SamplingOptions read(Fields fields) {
        SamplingOptions missing = SamplingOptions.DEFAULT;
        return new SamplingOptions(
                        fields.number("temperature", missing.temperature()),
                        fields.integer("top_k", missing.topK()),
                        fields.number("top_p", missing.topP()),
                        fields.number("min_p", missing.minP()),
                        fields.number("repeat_penalty", missing.repeatPenalty()),
                        fields.number("frequency_penalty", missing.frequencyPenalty()),
                        fields.number("presence_penalty", missing.presencePenalty()),
                        fields.integer("repeat_last_n", missing.penaltyLastTokens()),
                        seed(fields))
                .withLogitBias(logitBias(fields));
    }

    private static OptionalInt seed(Fields fields) {
        Long seed = fields.integer("seed");
        if (seed == null || seed == -1) {
            return OptionalInt.empty();
        }
        if (seed < 0 || seed > MAX_SEED) {
            throw RequestException.invalid(
                    "seed", "seed must be from 0 to %d, or -1 for a random one, not %d".formatted(MAX_SEED, seed));
        }
        return OptionalInt.of(seed.intValue());
    }

    /** {@code {"TOKEN": BIAS}}. */
    private static Map<Integer, Double> logitBias(Fields fields) {
        JsonNode node = fields.node("logit_bias");
        if (node == null || (node.isArray() && node.isEmpty())) { // PHP's empty object
            return Map.of();
        }
        Map<Integer, Double> biases = new LinkedHashMap<>();
        Fields entries = new Fields(Json.object("logit_bias", "logit_bias", node), "logit_bias.");
        for (String token : (Iterable<String>) entries.object()::fieldNames) {
            double bias = entries.number(token, 0);
            if (!(Math.abs(bias) <= MAX_BIAS)) {
                throw RequestException.invalid("logit_bias", "logit_bias must be from -100 to 100, not " + bias);
            }
            biases.put(token(token), bias);
        }
        return biases;
    }

    private static int token(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw RequestException.invalid(
                    "logit_bias", "logit_bias is by token ids, and '%s' is none".formatted(text));
        }
    }

    static List<String> stop(Fields fields) {
        JsonNode node = fields.node("stop");
        if (node == null) {
            return List.of();
        }
        if (node.isTextual()) {
            return List.of(node.textValue());
        }
        if (!node.isArray()) {
            throw fields.wrongType("stop", "a string or an array of strings", node);
        }
        List<String> stops = new ArrayList<>(node.size());
        for (JsonNode stop : node) {
            if (!stop.isTextual()) {
                throw fields.wrongType("stop", "a string or an array of strings", stop);
            }
            stops.add(stop.textValue());
        }
        return stops;
    }
}
