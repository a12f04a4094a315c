package dev.sol.trainer.eval;

import dev.sol.runtime.RequestException;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.TextTokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Windows to report on, and others to choose settings by.
 *
 * @param test windows of the text, from its start
 * @param validation windows of other text; empty if nothing is chosen
 */
record Texts(List<int[]> test, List<int[]> validation) {
    /** Fewer leave nothing to resample. */
    private static final int LEAST = 2;

    /**
     * Cuts.
     *
     * @param validation null: the text after the windows that are reported on
     * @param calibration validation windows that are wanted; 0: none
     * @throws RequestException if a text is missing or too short
     */
    static Texts cut(
            Corpus text, @Nullable Corpus validation, TextTokenizer tokenizer, Protocol protocol, int calibration) {
        int length = protocol.length();
        if (calibration == 0) {
            return new Texts(text.windows(tokenizer, length, LEAST, protocol.windows()), List.of());
        }
        if (validation != null) {
            return new Texts(
                    text.windows(tokenizer, length, LEAST, protocol.windows()),
                    validation.windows(tokenizer, length, 1, calibration));
        }
        List<int[]> all = text.windows(tokenizer, length, LEAST + 1, protocol.windows() + calibration);
        // Too short a text is shared as was wanted.
        int chosen =
                Math.clamp((long) all.size() * calibration / (protocol.windows() + calibration), 1, all.size() - LEAST);
        int first = all.size() - chosen;
        return new Texts(
                List.copyOf(all.subList(0, Math.min(first, protocol.windows()))),
                List.copyOf(all.subList(first, all.size())));
    }
}
