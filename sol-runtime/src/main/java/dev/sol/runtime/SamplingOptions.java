package dev.sol.runtime;

import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How the next token is picked from the model's probabilities. The steps and their order are those of llama-server: penalties,
 * top-k, top-p, min-p, temperature, then a draw. Biases come before all of them; a grammar has the last word: see {@link
 * InferenceContext#sample}.
 *
 * @param temperature 0 (the most probable token, always) to 100; divides the logits
 * @param topK keep so many of the most probable tokens; 0 = all
 * @param topP keep the most probable tokens that together reach this probability, 0 to 1; 1 = all
 * @param minP keep the tokens at least so many times as probable as the most probable one, 0 to 1; 0 = all
 * @param repeatPenalty divides the logit of a token that occurs among the last ones (multiplies a negative one), above 0 to
 *     100; 1 = off
 * @param frequencyPenalty subtracted from the logit once per occurrence, -100 to 100; 0 = off
 * @param presencePenalty subtracted once, -100 to 100; 0 = off
 * @param penaltyLastTokens how many tokens the penalties look back on, prompt included; 0 = off, -1 = the context
 * @param seed 32 bits, unsigned; equal seeds and equal logits give equal tokens. Empty: another one each time
 * @param logitBias added to the logits of these tokens, -100 to 100, or negative infinity: never pick it. {@link Sampler} refuses
 *     a token that the model does not have
 * @param grammar what the text must be; null = anything
 */
public record SamplingOptions(
        double temperature,
        int topK,
        double topP,
        double minP,
        double repeatPenalty,
        double frequencyPenalty,
        double presencePenalty,
        int penaltyLastTokens,
        OptionalInt seed,
        Map<Integer, Double> logitBias,
        @Nullable Grammar grammar) {

    /** llama-server's defaults: temperature .8, top-k 40, top-p .95, min-p .05, no penalties, a random seed. */
    public static final SamplingOptions DEFAULT =
            new SamplingOptions(0.8, 40, 0.95, 0.05, 1, 0, 0, 64, OptionalInt.empty());

    /** The most probable token, always. */
    public static final SamplingOptions GREEDY = DEFAULT.withTemperature(0);

    private static final double MAX = 100; // no useful value comes near

    /** @throws RequestException if a value is out of range or NaN; its {@code param} is the name in requests */
    public SamplingOptions {
        check("temperature", temperature, 0, MAX);
        checkCount("top_k", topK, 0);
        check("top_p", topP, 0, 1);
        check("min_p", minP, 0, 1);
        check("repeat_penalty", repeatPenalty, 1 / MAX, MAX);
        check("frequency_penalty", frequencyPenalty, -MAX, MAX);
        check("presence_penalty", presencePenalty, -MAX, MAX);
        checkCount("repeat_last_n", penaltyLastTokens, -1);
        logitBias = Map.copyOf(logitBias);
        for (double bias : logitBias.values()) {
            if (bias != Double.NEGATIVE_INFINITY) {
                check("logit_bias", bias, -MAX, MAX);
            }
        }
    }

    /** Options without biases and without a grammar. */
    public SamplingOptions(
            double temperature,
            int topK,
            double topP,
            double minP,
            double repeatPenalty,
            double frequencyPenalty,
            double presencePenalty,
            int penaltyLastTokens,
            OptionalInt seed) {
        this(
                temperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                frequencyPenalty,
                presencePenalty,
                penaltyLastTokens,
                seed,
                Map.of(),
                null);
    }

    /** These options with another temperature. */
    public SamplingOptions withTemperature(double value) {
        return with(value, seed, logitBias, grammar);
    }

    /** These options with a seed. */
    public SamplingOptions withSeed(int value) {
        return with(temperature, OptionalInt.of(value), logitBias, grammar);
    }

    /** These options with other biases. */
    public SamplingOptions withLogitBias(Map<Integer, Double> value) {
        return with(temperature, seed, value, grammar);
    }

    /** These options with another grammar; null = none. */
    public SamplingOptions withGrammar(@Nullable Grammar value) {
        return with(temperature, seed, logitBias, value);
    }

    private SamplingOptions with(
            double newTemperature, OptionalInt newSeed, Map<Integer, Double> newBias, @Nullable Grammar newGrammar) {
        return new SamplingOptions(
                newTemperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                frequencyPenalty,
                presencePenalty,
                penaltyLastTokens,
                newSeed,
                newBias,
                newGrammar);
    }

    /** Whether the draw is left out. */
    public boolean isGreedy() {
        return temperature == 0;
    }

    /** Whether the next token depends on those before it in another way than through the model. */
    public boolean hasPenalties() {
        return penaltyLastTokens != 0 && (repeatPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0);
    }

    private static void check(String field, double value, double minimum, double maximum) {
        if (!(value >= minimum && value <= maximum)) { // NaN too
            throw RequestException.invalid(
                    field,
                    "%s must be from %s to %s, not %s".formatted(field, plain(minimum), plain(maximum), plain(value)));
        }
    }

    private static void checkCount(String field, int value, int minimum) {
        if (value < minimum) {
            throw RequestException.invalid(field, "%s must be at least %d, not %d".formatted(field, minimum, value));
        }
    }

    /** 100 rather than 100.0. */
    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.valueOf((long) value)
                : String.valueOf(value);
    }
}
