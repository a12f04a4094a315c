package dev.sol.runtime.engine;

import java.util.List;

/** What a completion continues. */
public sealed interface Prompt {
    /**
     * Text, to be tokenised by the model with the special tokens that it expects around a text. Names of special tokens in it
     * ({@code <|im_end|>}) are read as these tokens.
     */
    record Text(String text) implements Prompt {}

    /** Tokens, taken as they are. */
    record Tokens(List<Integer> tokens) implements Prompt {
        public Tokens {
            tokens = List.copyOf(tokens);
        }
    }
}
