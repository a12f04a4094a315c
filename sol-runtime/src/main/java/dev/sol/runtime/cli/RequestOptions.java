package dev.sol.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.openai.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that are fields of a completion request. A picocli mixin; what is not given is left to the parser's defaults. */
final class RequestOptions {
    private static final String MILLIS = "ms=";

    @Option(names = "--max-tokens", paramLabel = "N", description = "The most tokens to generate. Default: 128.")
    private @Nullable Integer maxTokens;

    @Option(
            names = "--budget",
            paramLabel = "X|ms=X|JSON",
            description = "What a token may spend on average: a share such as 0.6, milliseconds such as ms=12, or an"
                    + " object such as '{\"attn\": 0.5, \"mlp\": 0.7, \"bits\": 8}'. Default: no limit, no knobs.")
    private @Nullable String budget;

    @Option(
            names = "--policy",
            paramLabel = "NAME|FILE",
            description = "Who spends the budget: uniform, random, entropy, drift, dense, or a learned policy's file"
                    + " (.safetensors). Default: uniform.")
    private @Nullable String policy;

    @Option(names = "--temperature", paramLabel = "X", description = "0: the most probable token. Default: 0.8.")
    private @Nullable Double temperature;

    @Option(names = "--top-k", paramLabel = "N", description = "Keep so many tokens; 0: all. Default: 40.")
    private @Nullable Integer topK;

    @Option(names = "--top-p", paramLabel = "X", description = "Keep tokens up to this probability. Default: 0.95.")
    private @Nullable Double topP;

    @Option(
            names = "--min-p",
            paramLabel = "X",
            description = "Keep tokens this probable, relative to the most probable one. Default: 0.05.")
    private @Nullable Double minP;

    @Option(names = "--repeat-penalty", paramLabel = "X", description = "1: off. Default: 1.")
    private @Nullable Double repeatPenalty;

    @Option(names = "--frequency-penalty", paramLabel = "X", description = "0: off. Default: 0.")
    private @Nullable Double frequencyPenalty;

    @Option(names = "--presence-penalty", paramLabel = "X", description = "0: off. Default: 0.")
    private @Nullable Double presencePenalty;

    @Option(
            names = "--repeat-last-n",
            paramLabel = "N",
            description = "Tokens that the penalties look back on; -1: the context. Default: 64.")
    private @Nullable Integer repeatLastN;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of the random draws; -1: another one each time. Default: -1.")
    private @Nullable Long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text. May be given several times.")
    private @Nullable List<String> stop;

    @Option(names = "--ignore-eos", description = "Never end the text by itself.")
    private boolean ignoreEos;

    @Option(names = "--trace", description = "Report every token: in the JSON, or as lines on standard error.")
    private boolean trace;

    /**
     * The policies; the one that was asked for is the default.
     *
     * @param model that a learned one must have been trained for
     * @param knobs what the knobs are going to mean
     * @throws RequestException if there is no such policy, or its file cannot be used with the model
     */
    PolicyRegistry policies(ModelSource model, KnobOptions knobs) {
        return PolicyChoices.registry(policy == null ? List.of() : List.of(policy), model, knobs);
    }

    /**
     * The body of the request, without the policy.
     *
     * @throws RequestException if the budget is neither a number nor JSON
     */
    ObjectNode body(String prompt) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("prompt", prompt)
                .put("max_tokens", maxTokens)
                .put("temperature", temperature)
                .put("top_k", topK)
                .put("top_p", topP)
                .put("min_p", minP)
                .put("repeat_penalty", repeatPenalty)
                .put("frequency_penalty", frequencyPenalty)
                .put("presence_penalty", presencePenalty)
                .put("repeat_last_n", repeatLastN)
                .put("seed", seed)
                .put("ignore_eos", ignoreEos)
                .put("trace", trace);
        if (budget != null) {
            body.set("budget", budget(budget));
        }
        if (stop != null) {
            ArrayNode stops = body.putArray("stop");
            stop.forEach(stops::add);
        }
        return body;
    }

    /** Also takes {@code .6}, which is no JSON, and {@code ms=12} for an object with {@code ms_per_token}. */
    private static JsonNode budget(String budget) {
        try {
            if (budget.startsWith(MILLIS)) {
                double millis = Double.parseDouble(budget.substring(MILLIS.length()));
                return JsonNodeFactory.instance.objectNode().put("ms_per_token", millis);
            }
            return DoubleNode.valueOf(Double.parseDouble(budget));
        } catch (NumberFormatException e) {
            return Json.read("--budget", budget.getBytes(StandardCharsets.UTF_8));
        }
    }
}
