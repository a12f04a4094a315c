package dev.sol.runtime.openai;

import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Grammar;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.Prompt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a body says about the texts to generate, all but their prompts.
 *
 * @param choices texts for each prompt
 * @param maxTokens of each
 * @param shownTokens see {@link CompletionRequest}
 * @param budget puts the budget into a request
 * @param topLogprobs alternatives of each token; -1: no log-probabilities
 * @param promptLogprobs those of the prompt's tokens, too
 */
record GenerationSettings(
        int choices,
        int maxTokens,
        SamplingOptions sampling,
        List<String> stop,
        Set<Integer> shownTokens,
        boolean ignoreEos,
        Consumer<CompletionRequest.Builder> budget,
        ComputePolicy policy,
        boolean trace,
        int topLogprobs,
        boolean promptLogprobs,
        boolean cachePrompt,
        Optional<Duration> timeout) {

    /** These settings, with more strings that end a text. */
    GenerationSettings withMoreStops(List<String> more) {
        if (more.isEmpty()) {
            return this;
        }
        List<String> all = new ArrayList<>(stop);
        all.addAll(more);
        return with(sampling, all, shownTokens);
    }

    /** These settings, with special tokens whose names are part of the text. */
    GenerationSettings withShownTokens(Set<Integer> tokens) {
        return with(sampling, stop, tokens);
    }

    /** These settings, with another constraint of the text; null: none. */
    GenerationSettings withGrammar(@Nullable Grammar grammar) {
        return with(sampling.withGrammar(grammar), stop, shownTokens);
    }

    private GenerationSettings with(SamplingOptions newSampling, List<String> newStop, Set<Integer> newShown) {
        return new GenerationSettings(
                choices,
                maxTokens,
                newSampling,
                newStop,
                newShown,
                ignoreEos,
                budget,
                policy,
                trace,
                topLogprobs,
                promptLogprobs,
                cachePrompt,
                timeout);
    }

    /**
     * The requests, by prompt and then by choice. Choices of one prompt have seeds in a row.
     *
     * @throws dev.sol.runtime.RequestException if a value is out of range
     */
    List<CompletionRequest> requests(List<Prompt> prompts) {
        List<CompletionRequest> requests = new ArrayList<>(prompts.size() * choices);
        for (Prompt prompt : prompts) {
            for (int choice = 0; choice < choices; choice++) {
                requests.add(request(prompt, choice));
            }
        }
        return requests;
    }

    private CompletionRequest request(Prompt prompt, int choice) {
        OptionalInt seed = sampling.seed();
        CompletionRequest.Builder request = CompletionRequest.builder(prompt)
                .maxTokens(maxTokens)
                .sampling(seed.isPresent() ? sampling.withSeed(seed.getAsInt() + choice) : sampling)
                .stop(stop)
                .shownTokens(shownTokens)
                .ignoreEos(ignoreEos)
                .policy(policy)
                .trace(trace)
                .topLogprobs(topLogprobs)
                .promptLogprobs(promptLogprobs)
                .cachePrompt(cachePrompt);
        timeout.ifPresent(request::timeout);
        budget.accept(request);
        return request.build();
    }
}
