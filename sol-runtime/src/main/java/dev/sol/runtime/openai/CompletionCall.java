package dev.sol.runtime.openai;

import dev.sol.runtime.engine.CompletionRequest;
import java.util.List;

/**
 * A parsed body of {@code POST /v1/completions}.
 *
 * @param requests what to complete: one for each choice, by prompt
 * @param choicesPerPrompt how many of them have the same prompt
 * @param echo begin the texts with their prompts
 * @param logprobs say how probable the tokens were
 * @param delivery how to answer
 */
public record CompletionCall(
        List<CompletionRequest> requests, int choicesPerPrompt, boolean echo, boolean logprobs, Delivery delivery) {
    public CompletionCall {
        requests = List.copyOf(requests);
    }

    /** The only request of a call with one choice. */
    public CompletionRequest request() {
        return requests.getFirst();
    }
}
