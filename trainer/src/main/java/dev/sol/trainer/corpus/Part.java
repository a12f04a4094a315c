package dev.sol.trainer.corpus;

/**
 * What a document is used for. The part depends on the document's text alone: it is the same whatever the tokenizer, whatever
 * else is in the corpus and in whatever order, and copies of a document are all in the same part.
 */
public enum Part {
    /** 95 % of the documents. */
    TRAIN,
    /** 2.5 %: settings are chosen by these. */
    VALIDATION,
    /** 2.5 %: results are reported on these. */
    TEST;

    private static final int SHARES = 1000;
    private static final int FIRST_VALIDATION = 950;
    private static final int FIRST_TEST = 975;

    /**
     * The part of a document.
     *
     * @param hash the first 8 bytes of the SHA-256 of its UTF-8 text, big-endian
     */
    static Part of(long hash) {
        long share = Long.remainderUnsigned(hash, SHARES);
        return share < FIRST_VALIDATION ? TRAIN : share < FIRST_TEST ? VALIDATION : TEST;
    }
}
