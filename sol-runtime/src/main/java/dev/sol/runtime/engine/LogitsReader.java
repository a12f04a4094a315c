package dev.sol.runtime.engine;

/** Reads log-probabilities from the logits of a batch, through an array that is made when it is first needed. For one completion. */
final class LogitsReader {
    private final Decoder decoder;
    private final int alternatives;
    private float[] logits = new float[0];

    /** @param alternatives how many of them to report */
    LogitsReader(Decoder decoder, int alternatives) {
        this.decoder = decoder;
        this.alternatives = alternatives;
    }

    /**
     * What the model thought of a token.
     *
     * @param index the output before it, in the last batch
     */
    TokenLogprobs read(int index, int token) {
        if (logits.length == 0) {
            logits = new float[decoder.vocabularySize()];
        }
        decoder.logits(index, logits);
        return TokenLogprobs.of(logits, token, alternatives);
    }
}
