package dev.sol.runtime.engine;

import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A text to continue, and how.
 *
 * @param prompt what to continue
 * @param maxTokens the most tokens to generate, at least 1, or 0 with {@code promptLogprobs}; fewer when the context has no room
 * @param sampling how tokens are picked
 * @param stop the text ends before the first of these strings; none may be empty
 * @param shownTokens special tokens whose names are part of the text; of all others it has nothing
 * @param ignoreEos never generate a token that ends the text
 * @param budget what the decode steps may spend on average; null = dense, through llama.cpp's unchanged graph
 * @param millisPerToken a budget in other words: the targets are those with the highest net keep rate whose predicted steps
 *     take at most so many milliseconds on average. A step that runs alone is meant, so that the quality of an answer does not depend
 *     on what else is being answered; in company it takes longer. Not together with another budget
 * @param deadlineMillis a budget in wall time: the answer should be complete so many milliseconds after it was submitted. The targets
 *     are adjusted while it is generated, for as many tokens as may still come, and are the least there are when even these take
 *     too long. Not together with another budget
 * @param policy who decides within the budget; without one it is not asked
 * @param trace report every token in {@link CompletionResult#trace()}
 * @param topLogprobs report for every token how probable it was and so many alternatives, 0 to {@link TokenLogprobs#MAX_TOP}; -1: do
 *     not
 * @param promptLogprobs report the tokens of the prompt, too, with {@code topLogprobs} alternatives; the whole prompt is computed for it
 * @param cachePrompt do not compute again what the prompt has in common with an earlier one
 * @param timeout from when it was submitted. A request that has no token by then fails with {@link RequestTimeoutException}, another one
 *     ends with {@link FinishReason#TIMEOUT} and what there is of the text
 */
public record CompletionRequest(
        Prompt prompt,
        int maxTokens,
        SamplingOptions sampling,
        List<String> stop,
        Set<Integer> shownTokens,
        boolean ignoreEos,
        @Nullable Budget budget,
        OptionalDouble millisPerToken,
        OptionalDouble deadlineMillis,
        ComputePolicy policy,
        boolean trace,
        int topLogprobs,
        boolean promptLogprobs,
        boolean cachePrompt,
        Optional<Duration> timeout) {

    /** What {@link Builder} starts with; more than OpenAI's 16, which cuts most sentences short. */
    public static final int DEFAULT_MAX_TOKENS = 128;

    /** The most stop strings; OpenAI allows 4. */
    public static final int MAX_STOP_STRINGS = 16;

    /** The policy of a request that has a budget and names none. */
    public static final String DEFAULT_POLICY = "uniform";

    /** @throws RequestException if a value is out of range */
    public CompletionRequest {
        int least = promptLogprobs ? 0 : 1;
        if (maxTokens < least) {
            throw RequestException.invalid("max_tokens", "max_tokens must be at least " + least + ", not " + maxTokens);
        }
        millisPerToken.ifPresent(millis -> checkMillis("budget.ms_per_token", millis));
        deadlineMillis.ifPresent(millis -> checkMillis("budget.deadline_ms", millis));
        if (Stream.of(budget != null, millisPerToken.isPresent(), deadlineMillis.isPresent())
                        .filter(isGiven -> isGiven)
                        .count()
                > 1) {
            throw RequestException.invalid("budget", "a request has one budget, not two");
        }
        if (topLogprobs < -1 || topLogprobs > TokenLogprobs.MAX_TOP) {
            throw RequestException.invalid(
                    "top_logprobs",
                    "top_logprobs must be from 0 to %d, not %d".formatted(TokenLogprobs.MAX_TOP, topLogprobs));
        }
        timeout.ifPresent(time -> {
            if (!time.isPositive()) {
                throw RequestException.invalid("timeout", "the timeout must be more than 0, not " + time);
            }
        });
        shownTokens = Set.copyOf(shownTokens);
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

    /** Whether there is a budget of any kind. */
    public boolean isBudgeted() {
        return budget != null || millisPerToken.isPresent() || deadlineMillis.isPresent();
    }

    /** Whether log-probabilities of generated tokens are reported. */
    public boolean wantsLogprobs() {
        return topLogprobs >= 0;
    }

    private static void checkMillis(String field, double millis) {
        if (!(millis > 0 && millis < Double.POSITIVE_INFINITY)) {
            throw RequestException.invalid(field, field + " must be more than 0, not " + millis);
        }
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
        private Set<Integer> shownTokens = Set.of();
        private boolean ignoreEos;
        private @Nullable Budget budget;
        private OptionalDouble millisPerToken = OptionalDouble.empty();
        private OptionalDouble deadlineMillis = OptionalDouble.empty();
        private ComputePolicy policy = Policies.byName(DEFAULT_POLICY);
        private boolean trace;
        private int topLogprobs = -1;
        private boolean promptLogprobs;
        private boolean cachePrompt = true;
        private Optional<Duration> timeout = Optional.empty();

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

        public Builder shownTokens(Set<Integer> value) {
            shownTokens = value;
            return this;
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

        public Builder deadlineMillis(double value) {
            deadlineMillis = OptionalDouble.of(value);
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

        public Builder topLogprobs(int value) {
            topLogprobs = value;
            return this;
        }

        public Builder promptLogprobs(boolean value) {
            promptLogprobs = value;
            return this;
        }

        public Builder cachePrompt(boolean value) {
            cachePrompt = value;
            return this;
        }

        public Builder timeout(Duration value) {
            timeout = Optional.of(value);
            return this;
        }

        /**
         * The request.
         *
         * @throws RequestException if a value is out of range
         */
        public CompletionRequest build() {
            return new CompletionRequest(
                    prompt,
                    maxTokens,
                    sampling,
                    stop,
                    shownTokens,
                    ignoreEos,
                    budget,
                    millisPerToken,
                    deadlineMillis,
                    policy,
                    trace,
                    topLogprobs,
                    promptLogprobs,
                    cachePrompt,
                    timeout);
        }
    }
}
