package dev.sol.runtime;

import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A text to continue, and how.
 *
 * @param prompt what to continue
 * @param maxTokens the most tokens to generate, at least 1; fewer when the context has no room for them
 * @param sampling how tokens are picked
 * @param stop the text ends before the first of these strings; none may be empty
 * @param ignoreEos never generate a token that ends the text
 * @param budget what the decode steps may spend on average; null = dense, through llama.cpp's unchanged graph
 * @param millisPerToken a budget in other words: the targets are those with the highest net keep rate whose predicted steps
 *     take at most so many milliseconds on average. Not together with {@code budget}
 * @param policy who decides within the budget; without one it is not asked
 * @param trace report every token in {@link CompletionResult#trace()}
 */
public record CompletionRequest(
        Prompt prompt,
        int maxTokens,
        SamplingOptions sampling,
        List<String> stop,
        boolean ignoreEos,
        @Nullable Budget budget,
        OptionalDouble millisPerToken,
        ComputePolicy policy,
        boolean trace) {

    /** What {@link Builder} starts with; more than OpenAI's 16, which cuts most sentences short. */
    public static final int DEFAULT_MAX_TOKENS = 128;

    /** The most stop strings; OpenAI allows 4. */
    public static final int MAX_STOP_STRINGS = 16;

    /** The policy of a request that has a budget and names none. */
    public static final String DEFAULT_POLICY = "uniform";

    /** @throws RequestException if a value is out of range */
    public CompletionRequest {
        if (maxTokens < 1) {
            throw RequestException.invalid("max_tokens", "max_tokens must be at least 1, not " + maxTokens);
        }
        if (millisPerToken.isPresent()) {
            double millis = millisPerToken.getAsDouble();
            if (!(millis > 0 && millis < Double.POSITIVE_INFINITY)) {
                throw RequestException.invalid(
                        "budget.ms_per_token", "budget.ms_per_token must be more than 0, not " + millis);
            }
            if (budget != null) {
                throw RequestException.invalid("budget", "a request has one budget, not two");
            }
        }
        stop = List.copyOf(stop);
        if (stop.size() > MAX_STOP_STRINGS) {
            throw RequestException.invalid("stop", "stop may have at most " + MAX_STOP_STRINGS + " strings");
        }
        if (stop.contains("")) {
            throw RequestException.invalid("stop", "stop must not have an empty string");
        }
        stop.forEach(text -> checkUnicode("stop", text));
        if (prompt instanceof Prompt.Text(String text)) {
            checkUnicode("prompt", text);
        }
    }

    /** Whether there is a budget of either kind. */
    public boolean isBudgeted() {
        return budget != null || millisPerToken.isPresent();
    }

    /** The tokenizer would read something else than what was written, and a stop string could split a character. */
    private static void checkUnicode(String field, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw RequestException.invalid(field, field + " has half of a surrogate pair, which is no character");
        }
    }

    /** A request with default values: 128 tokens, llama-server's sampling, no budget. */
    public static Builder builder(String prompt) {
        return builder(new Prompt.Text(prompt));
    }

    /** A request with default values: 128 tokens, llama-server's sampling, no budget. */
    public static Builder builder(Prompt prompt) {
        return new Builder(prompt);
    }

    /** Collects the values of a request. For one thread. */
    public static final class Builder {
        private final Prompt prompt;
        private int maxTokens = DEFAULT_MAX_TOKENS;
        private SamplingOptions sampling = SamplingOptions.DEFAULT;
        private List<String> stop = List.of();
        private boolean ignoreEos;
        private @Nullable Budget budget;
        private OptionalDouble millisPerToken = OptionalDouble.empty();
        private ComputePolicy policy = Policies.byName(DEFAULT_POLICY);
        private boolean trace;

        private Builder(Prompt prompt) {
            this.prompt = prompt;
        }

        public Builder maxTokens(int value) {
            maxTokens = value;
            return this;
        }

        public Builder sampling(SamplingOptions value) {
            sampling = value;
            return this;
        }

        public Builder stop(List<String> value) {
            stop = value;
            return this;
        }

        public Builder stop(String... value) {
            return stop(List.of(value));
        }

        public Builder ignoreEos(boolean value) {
            ignoreEos = value;
            return this;
        }

        public Builder budget(@Nullable Budget value) {
            budget = value;
            return this;
        }

        public Builder millisPerToken(double value) {
            millisPerToken = OptionalDouble.of(value);
            return this;
        }

        public Builder policy(ComputePolicy value) {
            policy = value;
            return this;
        }

        public Builder trace(boolean value) {
            trace = value;
            return this;
        }

        /**
         * The request.
         *
         * @throws RequestException if a value is out of range
         */
        public CompletionRequest build() {
            return new CompletionRequest(
                    prompt, maxTokens, sampling, stop, ignoreEos, budget, millisPerToken, policy, trace);
        }
    }
}
