package dev.sol.trainer.prepare;

import dev.sol.runtime.RequestException;
import dev.sol.runtime.gguf.Quantisation;
import dev.sol.trainer.corpus.Corpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is to be made of a model, and from what: the options of {@link PrepareCommand}.
 *
 * @param corpus to calibrate with
 * @param tokens of it
 * @param out where the ordered model goes; null: nowhere
 * @param group neurons in a unit
 * @param quantize what the ordered model is quantised to; empty: it is not
 * @param predictor where a predictor goes; null: nowhere
 * @param rank of the predictor; 0: the default
 * @param evaluate a text to measure perplexity on; null: none
 * @param evaluateTokens of it
 * @param threads 0: one for each processor
 * @param seed of everything random
 */
record Settings(
        Path corpus,
        int tokens,
        @Nullable Path out,
        int group,
        String quantize,
        @Nullable Path predictor,
        int rank,
        @Nullable Path evaluate,
        int evaluateTokens,
        int threads,
        long seed) {

    /**
     * Tells early what would be told late.
     *
     * @param model the file of the model
     * @throws RequestException if two do not go together, or a file cannot be where it is said to be
     */
    void check(Path model) {
        if (out == null && predictor == null) {
            throw RequestException.invalid("out", "nothing to make: give --out, --predictor or both");
        }
        if (out == null && !quantize.isEmpty()) {
            throw RequestException.invalid("quantize", "--quantize needs --out");
        }
        if (group != NeuronOrder.SMALL && group != NeuronOrder.LARGE) {
            throw RequestException.invalid("group", "--group must be 8 or 32, not " + group);
        }
        if (rank < 0 || rank % Q8.BLOCK != 0) {
            throw RequestException.invalid("rank", "--rank must be a multiple of 32, not " + rank);
        }
        if (tokens < 1 || evaluateTokens < 1) {
            throw RequestException.invalid("tokens", "--tokens and --evaluate-tokens must be at least 1");
        }
        if (!quantize.isEmpty() && !Quantisation.types().contains(quantize.toUpperCase(Locale.ROOT))) {
            throw RequestException.invalid(
                    "quantize", "--quantize must be one of %s, not %s".formatted(Quantisation.types(), quantize));
        }
        for (Path target : new Path[] {out, predictor}) {
            if (target != null && !Files.isDirectory(folder(target))) {
                throw RequestException.invalid("out", "there is no folder " + folder(target));
            }
        }
        if (out != null && same(out, model)) {
            throw RequestException.invalid("out", "--out is the model itself: give it another name");
        }
        if (out != null && predictor != null && out.toAbsolutePath().equals(predictor.toAbsolutePath())) {
            throw RequestException.invalid("out", "--out and --predictor are the same file");
        }
        new Corpus(corpus).check();
        if (evaluate != null) {
            new Corpus(evaluate).check();
        }
    }

    private static boolean same(Path a, Path b) {
        try {
            return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
        } catch (IOException e) {
            return false;
        }
    }

    private static Path folder(Path file) {
        return Objects.requireNonNull(file.toAbsolutePath().getParent(), "an absolute path of a file has a parent");
    }

    /** Where what is made goes, and what is needed meanwhile. */
    Path folder() {
        return folder(Objects.requireNonNullElse(out, Objects.requireNonNullElse(predictor, Path.of(""))));
    }
}
