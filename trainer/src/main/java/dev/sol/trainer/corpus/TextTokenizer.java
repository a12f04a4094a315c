package dev.sol.trainer.corpus;

import dev.sol.runtime.Tokenizer;

/** What of a tokenizer it takes to make windows. */
public interface TextTokenizer {

    /** The number of tokens; their ids are 0 … size - 1. */
    int size();

    /** The tokens of a text, without special ones. */
    int[] encode(String text);

    /** What the model expects before a text: BOS, or nothing. */
    int[] beginning();

    /** What stands between two documents: EOS, EOT, or nothing. */
    int[] separator();

    /** A model's. */
    static TextTokenizer of(Tokenizer tokenizer) {
        return new TextTokenizer() {
            @Override
            public int size() {
                return tokenizer.size();
            }

            @Override
            public int[] encode(String text) {
                return tokenizer.encode(text, false, false);
            }

            @Override
            public int[] beginning() {
                int[] around = tokenizer.encode("", true, false);
                return around.length > 0 && tokenizer.bos().orElse(-1) == around[0]
                        ? new int[] {around[0]}
                        : new int[0];
            }

            @Override
            public int[] separator() {
                return (tokenizer.eos().isPresent() ? tokenizer.eos() : tokenizer.eot())
                        .stream().toArray();
            }
        };
    }
}
