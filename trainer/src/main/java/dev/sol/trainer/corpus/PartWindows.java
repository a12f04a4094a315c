package dev.sol.trainer.corpus;

import dev.sol.runtime.RequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The windows of one {@link Part} of some corpora, by number: runs of equally many tokens that do not overlap, each beginning with BOS
 * if the model wants it.
 *
 * <p>As in {@link Windows}, a document that fills a window is cut for itself, and shorter ones are put one after another, each
 * followed by the separator, and their sequence is cut. What is left at an end is as long as it is: a shift puts the windows
 * somewhere else in it. For any thread as long as the corpora are open.
 */
public final class PartWindows {
    private final TextTokenizer tokenizer;
    private final int length;
    private final List<Run> runs = new ArrayList<>();
    private final long[] before; // windows before each run, and all

    /** Tokens that are cut together: a long document, or the short ones of a corpus. */
    private interface Run {
        long tokens();

        /** Copies tokens {@code from} … */
        void copy(long from, int[] into, int at, int count);
    }

    /**
     * Finds the windows, without reading tokens.
     *
     * @param tokenizer that the corpora were opened with
     * @param length tokens in a window, BOS included; more than 1
     * @throws RequestException if there is not a single one; the message says what to do
     * @throws IllegalArgumentException if the length is too small
     */
    public PartWindows(List<TokenizedCorpus> corpora, TextTokenizer tokenizer, Part part, int length) {
        this.tokenizer = tokenizer;
        this.length = length;
        int content = content();
        if (content < 1 || length < 2) {
            throw new IllegalArgumentException("a window of " + length + " tokens is too short");
        }
        for (TokenizedCorpus corpus : corpora) {
            addRuns(corpus, part, content);
        }
        before = new long[runs.size() + 1];
        for (int i = 0; i < runs.size(); i++) {
            before[i + 1] = before[i] + runs.get(i).tokens() / content;
        }
        if (count() == 0) {
            throw tooSmall(corpora, part);
        }
    }

    private int content() {
        return length - tokenizer.beginning().length;
    }

    private void addRuns(TokenizedCorpus corpus, Part part, int content) {
        int[] shorts = new int[16];
        int count = 0;
        for (int document = 0; document < corpus.documents(); document++) {
            if (corpus.part(document) != part) {
                continue;
            }
            if (corpus.length(document) >= content) {
                runs.add(new LongDocument(corpus, document));
            } else {
                shorts = count == shorts.length ? Arrays.copyOf(shorts, 2 * count) : shorts;
                shorts[count++] = document;
            }
        }
        if (count > 0) {
            runs.add(new ShortDocuments(corpus, Arrays.copyOf(shorts, count), tokenizer.separator()));
        }
    }

    private RequestException tooSmall(List<TokenizedCorpus> corpora, Part part) {
        long documents = corpora.stream().mapToLong(TokenizedCorpus::documents).sum();
        long tokens = corpora.stream().mapToLong(TokenizedCorpus::tokens).sum();
        return RequestException.invalid(
                "corpus",
                ("the %s part (%s of the documents, by a hash of their text) has no window of %d tokens: there are %d documents"
                                + " with %d tokens in all. Give more text, or separate its documents by lines %s")
                        .formatted(
                                part.name().toLowerCase(Locale.ROOT),
                                part == Part.TRAIN ? "95 %" : "2.5 %",
                                length,
                                documents,
                                tokens,
                                DocumentReader.SEPARATOR));
    }

    /** How many there are, at least 1. */
    public long count() {
        return before[runs.size()];
    }

    /** Tokens in a window, BOS included. */
    public int length() {
        return length;
    }

    /**
     * A window.
     *
     * @param number 0 … {@link #count} − 1
     */
    public int[] get(long number) {
        return get(number, 0);
    }

    /**
     * A window of runs whose windows begin later.
     *
     * @param shift any number: of each run's tokens that no window has, so many, modulo how many there are, are at its start
     */
    int[] get(long number, long shift) {
        if (number < 0 || number >= count()) {
            throw new IndexOutOfBoundsException("no window " + number + " of " + count());
        }
        int run = Arrays.binarySearch(before, number);
        run = run >= 0 ? run : -run - 2;
        while (before[run + 1] == number) { // runs without a window
            run++;
        }
        int[] beginning = tokenizer.beginning();
        int content = length - beginning.length;
        Run source = runs.get(run);
        long room = source.tokens() % content + 1;
        int[] window = Arrays.copyOf(beginning, length);
        long from = (number - before[run]) * content + Long.remainderUnsigned(shift, room);
        source.copy(from, window, beginning.length, content);
        return window;
    }

    /**
     * Windows from all over the part, in their order: to validate on.
     *
     * @param most how many are wanted; fewer if there are no more
     */
    public List<int[]> spread(int most) {
        long n = Math.min(most, count());
        List<int[]> windows = new ArrayList<>();
        for (long i = 0; i < n; i++) {
            windows.add(get(i * count() / n)); // below 2^63: a count has at most 40 bits
        }
        return windows;
    }

    private record LongDocument(TokenizedCorpus corpus, int document) implements Run {
        @Override
        public long tokens() {
            return corpus.length(document);
        }

        @Override
        public void copy(long from, int[] into, int at, int count) {
            corpus.copy(document, (int) from, into, at, count);
        }
    }

    /** One after another, each followed by the separator. */
    private static final class ShortDocuments implements Run {
        private final TokenizedCorpus corpus;
        private final int[] documents;
        private final int[] separator;
        private final long[] starts;

        ShortDocuments(TokenizedCorpus corpus, int[] documents, int[] separator) {
            this.corpus = corpus;
            this.documents = documents;
            this.separator = separator;
            this.starts = new long[documents.length + 1];
            for (int i = 0; i < documents.length; i++) {
                starts[i + 1] = starts[i] + corpus.length(documents[i]) + separator.length;
            }
        }

        @Override
        public long tokens() {
            return starts[documents.length];
        }

        @Override
        public void copy(long from, int[] into, int at, int count) {
            int i = Arrays.binarySearch(starts, from);
            i = i >= 0 ? i : -i - 2;
            int offset = (int) (from - starts[i]);
            for (int done = 0; done < count; i++) {
                int own = corpus.length(documents[i]);
                int text = Math.clamp(own - (long) offset, 0, count - done);
                if (text > 0) {
                    corpus.copy(documents[i], offset, into, at + done, text);
                    done += text;
                }
                for (int j = Math.max(0, offset - own); j < separator.length && done < count; j++) {
                    into[at + done++] = separator[j];
                }
                offset = 0;
            }
        }
    }
}
