package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.engine.Prompt;
import dev.sol.runtime.engine.TokenLogprobs;
import java.util.List;

/**
 * Bodies of {@code POST /v1/completions}. Immutable; for any thread.
 *
 * <p>Known fields are checked strictly, unknown ones are ignored, as OpenAI's clients expect. Fields, with their defaults:
 *
 * <ul>
 *   <li>{@code prompt} (required): a string, an array of tokens, or an array of these
 *   <li>{@code max_tokens} (128; 0 only with {@code echo}), {@code n} (1), {@code echo} (false), {@code logprobs} (none; 0 to 20),
 *       {@code stop} (none; a string or an array), {@code ignore_eos} (false), {@code cache_prompt} (true)
 *   <li>{@code temperature} (.8), {@code top_k} (40), {@code top_p} (.95), {@code min_p} (.05), {@code repeat_penalty} (1),
 *       {@code frequency_penalty} (0), {@code presence_penalty} (0), {@code repeat_last_n} (64), {@code seed} (-1: random),
 *       {@code logit_bias} (none): llama-server's defaults; ranges are those of {@link SamplingOptions}
 *   <li>{@code response_format}, {@code grammar}: what the text must be like
 *   <li>{@code budget}: a number, or an object with {@code attn}, {@code mlp}, {@code bits}, or one with {@code ms_per_token} or
 *       {@code deadline_ms}; without one everything is dense
 *   <li>{@code policy}: a name; {@code trace} (false)
 *   <li>{@code model}: must be the loaded one; {@code stream} (false), {@code stream_options.include_usage} (false)
 *   <li>{@code suffix} is refused, and {@code best_of} unless it is {@code n}
 * </ul>
 */
public final class CompletionParser {
    private final GenerationFields generation;

    /** As below, with {@link RequestLimits#DEFAULT}. */
    public CompletionParser(String model, PolicyRegistry policies) {
        this(model, policies, RequestLimits.DEFAULT);
    }

    /**
     * @param model the id of the loaded model
     * @param policies that requests can name
     */
    public CompletionParser(String model, PolicyRegistry policies, RequestLimits limits) {
        this.generation = new GenerationFields(model, policies, limits);
    }

    /**
     * Parses a body.
     *
     * @param body JSON
     * @throws RequestException if it is not JSON, or a field is missing or wrong; see {@link ApiError#of}
     */
    public CompletionCall parse(byte[] body) {
        return parse(Json.readObject("the body", body));
    }

    /** As {@link #parse(byte[])}, for a body that was parsed as JSON. */
    public CompletionCall parse(ObjectNode body) {
        Fields fields = new Fields(body);
        GenerationFields.checkModel(fields, generation.model());
        refuseSuffix(fields);
        boolean echo = fields.flag("echo");
        int logprobs = logprobs(fields);
        int maxTokens = generation.maxTokens(fields, "max_tokens", CompletionRequest.DEFAULT_MAX_TOKENS);
        Delivery delivery = GenerationFields.delivery(fields);
        if (echo && logprobs >= 0 && delivery.stream()) { // the prompt's would come last
            throw RequestException.invalid("echo", "echo with logprobs cannot be streamed");
        }
        GenerationSettings settings = generation
                .read(fields, maxTokens, logprobs, echo && (logprobs >= 0 || maxTokens == 0))
                .withGrammar(ResponseFormat.read(fields));
        List<Prompt> prompts = PromptField.read(fields, "prompt");
        checkCount(prompts.size(), settings.choices());
        return new CompletionCall(settings.requests(prompts), settings.choices(), echo, logprobs >= 0, delivery);
    }

    private void checkCount(int prompts, int choices) {
        int most = generation.limits().maxChoices();
        if ((long) prompts * choices > most) {
            throw RequestException.invalid(
                    "prompt", "%d prompts with n = %d are more than %d choices".formatted(prompts, choices, most));
        }
    }

    private static int logprobs(Fields fields) {
        Long count = fields.integer("logprobs");
        if (count == null) {
            return -1;
        }
        if (count < 0 || count > TokenLogprobs.MAX_TOP) {
            throw RequestException.invalid(
                    "logprobs", "logprobs must be from 0 to %d, not %d".formatted(TokenLogprobs.MAX_TOP, count));
        }
        return count.intValue();
    }

    private static void refuseSuffix(Fields fields) {
        JsonNode suffix = fields.node("suffix");
        if (suffix != null && !suffix.asText("x").isEmpty()) {
            throw new RequestException("suffix is not supported", "suffix", "unsupported_parameter");
        }
    }
}
