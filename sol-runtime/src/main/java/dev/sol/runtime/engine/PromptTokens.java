package dev.sol.runtime.engine;

import dev.sol.runtime.RequestException;
import java.util.List;
import java.util.stream.IntStream;

/** The tokens that a prompt means, checked against the model and its context. For any thread. */
final class PromptTokens {
    private PromptTokens() {}

    /** @throws RequestException if the prompt cannot be used */
    static int[] of(Prompt prompt, Decoder decoder) {
        int[] tokens = switch (prompt) {
            case Prompt.Text(String text) -> decoder.encode(text);
            case Prompt.Tokens(List<Integer> list) ->
                list.stream().mapToInt(token -> check(token, decoder)).toArray();
        };
        if (tokens.length == 0) {
            tokens = IntStream.of(decoder.beginOfText()
                            .orElseThrow(() -> RequestException.invalid(
                                    "prompt", "the prompt is empty, and the model has no token that begins a text")))
                    .toArray();
        }
        if (tokens.length > decoder.contextLength()) {
            throw new RequestException(
                    "the prompt has %d tokens, the context has room for %d"
                            .formatted(tokens.length, decoder.contextLength()),
                    "prompt",
                    "context_length_exceeded");
        }
        return tokens;
    }

    private static int check(int token, Decoder decoder) {
        if (token < 0 || token >= decoder.vocabularySize()) {
            throw RequestException.invalid(
                    "prompt",
                    "prompt has token %d, the model's are 0 to %d".formatted(token, decoder.vocabularySize() - 1));
        }
        return token;
    }
}
