package dev.sol.trainer.corpus;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Cuts documents into windows: runs of equally many tokens that do not overlap, each beginning with BOS if the model wants it.
 *
 * <p>A document that fills a window is cut for itself: its windows follow each other from its start, and what is left at its end
 * is not used. Documents that are shorter are put one after another, each followed by the separator, and their sequence is cut;
 * only these windows span documents. Windows come in the order in which they fill up.
 */
public final class Windows {
    private final TextTokenizer tokenizer;
    private final int[] beginning;
    private final int content;
    private final int limit;
    private final List<int[]> windows = new ArrayList<>();
    private final TokenQueue packed = new TokenQueue();
    private long tokens;

    private Windows(TextTokenizer tokenizer, int length, int limit) {
        this.tokenizer = tokenizer;
        this.beginning = tokenizer.beginning();
        this.content = length - beginning.length;
        this.limit = limit;
    }

    /**
     * The first windows of a corpus.
     *
     * @param windows [at most the limit][length]
     * @param tokens that were read, special ones aside; for error messages
     */
    public record Cut(List<int[]> windows, long tokens) {}

    /**
     * Reads as much as the windows need.
     *
     * @param length tokens in a window, BOS included; more than 1
     * @param limit the most windows
     * @throws IllegalArgumentException if the length is too small
     */
    public static Cut cut(DocumentReader documents, TextTokenizer tokenizer, int length, int limit) throws IOException {
        if (length < 2) {
            throw new IllegalArgumentException("a window of " + length + " tokens is too short");
        }
        Windows cutter = new Windows(tokenizer, length, limit);
        while (cutter.windows.size() < limit && documents.next()) {
            cutter.document(documents);
        }
        return new Cut(List.copyOf(cutter.windows), cutter.tokens);
    }

    private void document(DocumentReader documents) throws IOException {
        TokenQueue own = new TokenQueue();
        boolean isShort = true;
        String piece = documents.piece();
        while (piece != null && windows.size() < limit) {
            int[] encoded = tokenizer.encode(piece);
            tokens += encoded.length;
            own.add(encoded);
            isShort &= own.size() < content;
            cut(own);
            piece = documents.piece();
        }
        if (isShort) {
            packed.add(own.take(own.size()));
            packed.add(tokenizer.separator());
            cut(packed);
        }
    }

    private void cut(TokenQueue queue) {
        while (queue.size() >= content && windows.size() < limit) {
            windows.add(IntStream.concat(IntStream.of(beginning), IntStream.of(queue.take(content)))
                    .toArray());
        }
    }
}
