package dev.sol.web;

import dev.sol.runtime.RequestException;
import dev.sol.runtime.Tokenizer;
import dev.sol.runtime.engine.Prompt;
import java.util.List;

/** What turns texts into tokens and back: a model's tokenizer, or in tests something that behaves like one. For any thread. */
interface Texts {
    /** As {@link Tokenizer#encode}. */
    int[] encode(String text, boolean addSpecial, boolean parseSpecial);

    /** As {@link Tokenizer#decode}. */
    String decode(int... tokens);

    /** As {@link Tokenizer#bytes(int, boolean)}. */
    byte[] bytes(int token, boolean special);

    /** The bytes of a token, none for a special one. */
    default byte[] bytes(int token) {
        return bytes(token, false);
    }

    /** The number of tokens. */
    int size();

    /**
     * The tokens of a text; what {@link dev.sol.runtime.engine.Prompt} says of special ones holds.
     *
     * @throws RequestException if one of those given is none
     */
    default int[] tokens(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Text(String text) -> encode(text, true, true);
            case Prompt.Tokens(List<Integer> tokens) -> check(tokens);
        };
    }

    /**
     * Checks tokens.
     *
     * @throws RequestException if one is none
     */
    default int[] check(List<Integer> tokens) {
        for (int token : tokens) {
            if (token < 0 || token >= size()) {
                throw new RequestException(
                        "there is no token %d; they are from 0 to %d".formatted(token, size() - 1),
                        null,
                        "invalid_value");
            }
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    static Texts of(Tokenizer tokenizer) {
        return new Texts() {
            @Override
            public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
                return tokenizer.encode(text, addSpecial, parseSpecial);
            }

            @Override
            public String decode(int... tokens) {
                return tokenizer.decode(tokens);
            }

            @Override
            public byte[] bytes(int token, boolean special) {
                return tokenizer.bytes(token, special);
            }

            @Override
            public int size() {
                return tokenizer.size();
            }
        };
    }
}
