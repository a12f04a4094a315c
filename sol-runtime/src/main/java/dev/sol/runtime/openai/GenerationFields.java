package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.engine.PolicyRegistry;
import java.util.Set;

/**
 * Reads the fields that all endpoints share which generate.
 *
 * @param model the id of the loaded model
 * @param policies that requests can name
 */
record GenerationFields(String model, PolicyRegistry policies, RequestLimits limits) {

    /** @throws RequestException if the body is for another model */
    static void checkModel(Fields fields, String loaded) {
        String wanted = fields.text("model");
        if (wanted != null && !wanted.equals(loaded)) {
            throw new RequestException(
                    "the model '%s' is not loaded; the loaded one is '%s'".formatted(wanted, loaded),
                    "model",
                    "model_not_found");
        }
    }

    /**
     * Reads them.
     *
     * @param maxTokens the most tokens, as the endpoint has read it
     * @param topLogprobs see {@link GenerationSettings}
     */
    GenerationSettings read(Fields fields, int maxTokens, int topLogprobs, boolean promptLogprobs) {
        String name = fields.text("policy");
        ComputePolicy policy = name == null ? policies.defaultPolicy() : policies.byName(name);
        SamplingOptions sampling = SamplingFields.read(fields);
        return new GenerationSettings(
                choices(fields),
                maxTokens,
                sampling,
                SamplingFields.stop(fields),
                Set.of(),
                fields.flag("ignore_eos"),
                BudgetField.read(fields, policy),
                policy,
                fields.flag("trace"),
                topLogprobs,
                promptLogprobs,
                fields.flag("cache_prompt", true),
                limits.timeout());
    }

    private int choices(Fields fields) {
        int choices = fields.integer("n", 1);
        if (choices < 1 || choices > limits.maxChoices()) {
            throw RequestException.invalid(
                    "n", "n must be from 1 to %d, not %d".formatted(limits.maxChoices(), choices));
        }
        int best = fields.integer("best_of", choices);
        if (best != choices && best != 1) {
            throw RequestException.invalid("best_of", "best_of must be n, not " + best);
        }
        return choices;
    }

    /** The field {@code name} as a number of tokens; {@code missing}, or less where the server allows less, without it. */
    int maxTokens(Fields fields, String name, int missing) {
        Long given = fields.integer(name);
        if (given == null) {
            return Math.min(missing, limits.maxTokens());
        }
        if (given > limits.maxTokens()) {
            throw RequestException.invalid(
                    name,
                    "%s must be at most %d, this server's limit, not %d".formatted(name, limits.maxTokens(), given));
        }
        if (given < 0) {
            throw RequestException.invalid(name, "%s must be at least 1, not %d".formatted(name, given));
        }
        return given.intValue();
    }

    /** How an answer is sent. */
    static Delivery delivery(Fields fields) {
        JsonNode options = fields.node("stream_options");
        boolean includeUsage = options != null
                && new Fields(Json.object("stream_options", "stream_options", options), "stream_options.")
                        .flag("include_usage");
        return new Delivery(fields.flag("stream"), includeUsage);
    }
}
