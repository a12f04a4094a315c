package dev.sol.runtime.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.UnattainableBudgetException;
import dev.sol.runtime.CompletionRequest;
import dev.sol.runtime.PolicyRegistry;
import dev.sol.runtime.Prompt;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of {@code POST /v1/completions}. Immutable; for any thread.
 *
 * <p>Known fields are checked strictly, unknown ones are ignored, as OpenAI's clients expect. Fields, with their defaults:
 *
 * <ul>
 *   <li>{@code prompt} (required): a string, an array of tokens, or an array with one of these
 *   <li>{@code max_tokens} (128), {@code stop} (none; a string or an array), {@code ignore_eos} (false)
 *   <li>{@code temperature} (.8), {@code top_k} (40), {@code top_p} (.95), {@code min_p} (.05), {@code repeat_penalty} (1),
 *       {@code frequency_penalty} (0), {@code presence_penalty} (0), {@code repeat_last_n} (64), {@code seed} (-1: random):
 *       llama-server's defaults; ranges are those of {@link SamplingOptions}
 *   <li>{@code budget}: a number, or an object with {@code attn}, {@code mlp}, {@code bits}, or one with {@code ms_per_token};
 *       without one everything is dense
 *   <li>{@code policy}: a name; {@code trace} (false)
 *   <li>{@code model}: must be the loaded one; {@code stream} (false), {@code stream_options.include_usage} (false)
 *   <li>{@code n} and {@code best_of} must be 1; {@code echo}, {@code suffix}, {@code logprobs} and {@code logit_bias} are not
 *       supported and refused when they ask for something
 * </ul>
 */
public final class CompletionParser {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private static final String MILLIS = "ms_per_token";
    private static final Set<String> BUDGET_FIELDS = Set.of("attn", "mlp", "bits", MILLIS);
    private static final long MAX_SEED = (1L << 32) - 2; // the highest 32-bit number means "random" to llama.cpp

    private final String model;
    private final PolicyRegistry policies;

    /**
     * @param model the id of the loaded model
     * @param policies that requests can name
     */
    public CompletionParser(String model, PolicyRegistry policies) {
        this.model = model;
        this.policies = policies;
    }

    /**
     * Parses a body.
     *
     * @param body JSON
     * @throws RequestException if it is not JSON, or a field is missing or wrong; see {@link ApiError#of}
     */
    public CompletionCall parse(byte[] body) {
        return parse(object("the body", read("the body", body)));
    }

    /** As {@link #parse(byte[])}, for a body that was parsed as JSON. */
    public CompletionCall parse(ObjectNode body) {
        Fields fields = new Fields(body);
        checkModel(fields);
        checkUnsupported(fields);
        String name = fields.text("policy");
        ComputePolicy policy = name == null ? policies.defaultPolicy() : policies.byName(name);
        CompletionRequest.Builder request = CompletionRequest.builder(prompt(fields))
                .maxTokens(fields.integer("max_tokens", CompletionRequest.DEFAULT_MAX_TOKENS))
                .sampling(sampling(fields))
                .stop(stop(fields))
                .ignoreEos(fields.flag("ignore_eos"))
                .policy(policy)
                .trace(fields.flag("trace"));
        addBudget(request, fields, policy);
        JsonNode streamOptions = fields.node("stream_options");
        boolean includeUsage = streamOptions != null
                && new Fields(object("stream_options", streamOptions), "stream_options.").flag("include_usage");
        return new CompletionCall(request.build(), fields.flag("stream"), includeUsage);
    }

    /**
     * Parses a JSON value.
     *
     * @param what for messages, such as "the body"
     * @throws RequestException if it is not JSON
     */
    public static JsonNode read(String what, byte[] json) {
        try (JsonParser parser = MAPPER.createParser(json)) {
            JsonNode node = MAPPER.readTree(parser);
            if (node == null) {
                throw notJson(what, "it is empty");
            }
            if (parser.nextToken() != null) {
                throw notJson(what, "there is more after its end" + where(parser.currentTokenLocation()));
            }
            return node;
        } catch (JsonEOFException e) {
            throw notJson(what, "it ends too early" + where(e.getLocation()));
        } catch (JsonProcessingException e) {
            throw notJson(what, firstLine(e.getOriginalMessage()) + where(e.getLocation()));
        } catch (IOException e) { // bytes that are no text
            throw notJson(what, firstLine(String.valueOf(e.getMessage())));
        }
    }

    private static RequestException notJson(String what, String why) {
        return new RequestException(what + " is not valid JSON: " + why, null, "invalid_json");
    }

    private static String where(@Nullable JsonLocation at) {
        return at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
    }

    /** Without Jackson's advice to programmers. */
    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("").replaceFirst(": enable `.*", "");
    }

    private static ObjectNode object(String what, JsonNode node) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new RequestException(
                what + " must be a JSON object, not " + Fields.describe(node),
                what.equals("the body") ? null : what,
                "invalid_type");
    }

    private void checkModel(Fields fields) {
        String wanted = fields.text("model");
        if (wanted != null && !wanted.equals(model)) {
            throw new RequestException(
                    "the model '%s' is not loaded; the loaded one is '%s'".formatted(wanted, model),
                    "model",
                    "model_not_found");
        }
    }

    private static void checkUnsupported(Fields fields) {
        for (String count : List.of("n", "best_of")) {
            int value = fields.integer(count, 1);
            if (value != 1) {
                throw RequestException.invalid(count, "%s must be 1, not %d".formatted(count, value));
            }
        }
        if (fields.flag("echo")) {
            throw unsupported("echo");
        }
        for (String field : List.of("suffix", "logprobs", "logit_bias")) {
            JsonNode node = fields.node(field);
            if (node != null && !(node.isContainerNode() && node.isEmpty())) {
                throw unsupported(field);
            }
        }
    }

    private static RequestException unsupported(String field) {
        return new RequestException(field + " is not supported", field, "unsupported_parameter");
    }

    private static Prompt prompt(Fields fields) {
        JsonNode node = fields.node("prompt");
        if (node == null) {
            throw new RequestException("prompt is missing", "prompt", "missing_required_parameter");
        }
        if (node.isArray() && node.size() == 1 && !node.get(0).isNumber()) {
            node = node.get(0); // a list of one prompt
        }
        if (node.isTextual()) {
            return new Prompt.Text(node.textValue());
        }
        if (node.isArray() && !node.isEmpty()) {
            return new Prompt.Tokens(tokens(fields, node));
        }
        throw fields.wrongType("prompt", "a string or an array of tokens", node);
    }

    private static List<Integer> tokens(Fields fields, JsonNode array) {
        List<Integer> tokens = new ArrayList<>(array.size());
        for (JsonNode token : array) {
            if (token.isTextual() || token.isArray()) {
                throw RequestException.invalid("prompt", "prompt must be one prompt, not " + array.size());
            }
            if (!token.isIntegralNumber() || !token.canConvertToInt()) {
                throw fields.wrongType("prompt", "a string or an array of tokens (integers)", token);
            }
            tokens.add(token.intValue());
        }
        return tokens;
    }

    private static SamplingOptions sampling(Fields fields) {
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
                seed(fields));
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

    private static List<String> stop(Fields fields) {
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

    private static void addBudget(CompletionRequest.Builder request, Fields fields, ComputePolicy policy) {
        JsonNode node = fields.node("budget");
        if (node == null) {
            return;
        }
        if (node.isNumber()) {
            request.budget(attainable(() -> policy.resolve(node.doubleValue())));
            return;
        }
        if (!(node instanceof ObjectNode object)) {
            throw fields.wrongType("budget", "a number or an object with attn, mlp, bits or ms_per_token", node);
        }
        object.fieldNames().forEachRemaining(CompletionParser::checkBudgetField);
        Fields parts = new Fields(object, "budget.");
        Double millis = parts.number(MILLIS);
        if (millis == null) {
            request.budget(attainable(
                    () -> Budget.of(parts.number("attn"), parts.number("mlp"), parts.number("bits"), policy.grid())));
        } else if (object.size() > 1) {
            throw RequestException.invalid("budget", "budget has either ms_per_token or attn, mlp and bits");
        } else {
            request.millisPerToken(millis);
        }
    }

    private static Budget attainable(Supplier<Budget> budget) {
        try {
            return budget.get();
        } catch (UnattainableBudgetException e) {
            throw new RequestException(String.valueOf(e.getMessage()), e.field(), "unattainable_budget");
        }
    }

    /** A misspelt axis would be dense without a word. */
    private static void checkBudgetField(String name) {
        if (!BUDGET_FIELDS.contains(name)) {
            throw new RequestException(
                    "budget has no '%s'; it has attn, mlp and bits, or ms_per_token".formatted(name),
                    "budget." + name,
                    "unknown_parameter");
        }
    }
}
