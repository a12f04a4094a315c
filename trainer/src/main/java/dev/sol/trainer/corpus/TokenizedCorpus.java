package dev.sol.trainer.corpus;

import dev.sol.runtime.RequestException;
import dev.sol.runtime.UserCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A corpus as tokens, document by document, each in the {@link Part} that its text falls in. The text is read and tokenised once for
 * each tokenizer, and the tokens are kept in the user's cache ({@code tokens}); they are mapped, so that corpora need not fit the
 * memory. For any thread until it is closed.
 *
 * <p>A text of more than {@value #LONGEST} characters without a separator is no document but a corpus without separators: its pieces
 * of about {@value DocumentReader#PIECE} characters are taken for documents, so that there is something to hold out.
 */
public final class TokenizedCorpus implements AutoCloseable {
    /** Characters of the longest document; hardly a novel has more. */
    static final int LONGEST = 1 << 21;

    /** Who follows the tokenising of a corpus that is new. */
    public interface Listener {
        /** Nobody. */
        Listener NONE = new Listener() {};

        /**
         * So much of the file was read.
         *
         * @param bytes read so far
         * @param size of the file
         */
        default void read(long bytes, long size) {}

        /** The tokens are being made by another process, or another thread of this one; called again and again while they are. */
        default void waits() {}

        /** Asked several times a second; true ends it with a {@link java.util.concurrent.CancellationException}. */
        default boolean cancelled() {
            return false;
        }
    }

    private final Corpus corpus;
    private final TokenFile file;

    private TokenizedCorpus(Corpus corpus, TokenFile file) {
        this.corpus = corpus;
        this.file = file;
    }

    /**
     * Opens a corpus; tokenises it if that has not been done.
     *
     * @param tokenizerFingerprint {@link TokenizerFingerprint#of}
     * @throws RequestException if the file is missing or cannot be read as text, has none, or the cache cannot be written
     * @throws java.util.concurrent.CancellationException if the listener wants it to end; nothing is kept then
     */
    public static TokenizedCorpus open(
            Corpus corpus, TextTokenizer tokenizer, String tokenizerFingerprint, Listener listener) {
        return open(corpus, tokenizer, tokenizerFingerprint, listener, UserCache.folder("tokens"));
    }

    /** With a cache elsewhere. */
    static TokenizedCorpus open(
            Corpus corpus, TextTokenizer tokenizer, String tokenizerFingerprint, Listener listener, Path folder) {
        corpus.check();
        TokenCache cache = new TokenCache(folder, tokenizerFingerprint);
        try {
            TokenFile tokens = cache.get(corpus, tokenizer, listener);
            if (tokens.tokens() == 0) {
                tokens.close();
                throw corpus.withoutText();
            }
            return new TokenizedCorpus(corpus, tokens);
        } catch (IOException e) {
            throw RequestException.invalid(
                    "corpus",
                    "cannot keep the tokens of %s in %s: %s. Set SOL_CACHE to a folder that can be written"
                            .formatted(corpus.file(), folder, e));
        }
    }

    /** The text that the tokens are of. */
    public Corpus corpus() {
        return corpus;
    }

    /** How many documents there are; those without text are none. */
    public int documents() {
        return file.documents();
    }

    /** Of all documents, special ones aside. */
    public long tokens() {
        return file.tokens();
    }

    /** The number of tokens of a document, at least 1. */
    public int length(int document) {
        return Math.toIntExact(file.start(document + 1) - file.start(document));
    }

    /** What the document is used for. */
    public Part part(int document) {
        return Part.of(file.hash(document));
    }

    /**
     * Copies tokens of a document.
     *
     * @param from the first, from 0
     * @param at where it goes
     * @throws IndexOutOfBoundsException if the document has no such tokens
     */
    public void copy(int document, int from, int[] into, int at, int count) {
        Objects.checkFromIndexSize(from, count, length(document));
        file.copy(file.start(document) + from, into, at, count);
    }

    @Override
    public void close() {
        file.close();
    }
}
