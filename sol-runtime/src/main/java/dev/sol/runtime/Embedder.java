package dev.sol.runtime;

import org.jspecify.annotations.Nullable;

/**
 * Embeddings of texts: the hidden states after the final norm, pooled and scaled to length 1, from a context of its own that is
 * made when it is first needed. For any thread; one text at a time, the others wait. After {@link #close} every use throws {@link
 * ClosedException}.
 */
public final class Embedder implements AutoCloseable {
    /** Outputs of one batch: each takes memory for a hidden state and for logits that nobody reads. */
    private static final int OUTPUTS = 32;

    private static final int SEQUENCE = 0;

    private final Model model;
    private final ContextOptions options;
    private final Pooling pooling;
    private @Nullable InferenceContext context;
    private boolean closed;

    /**
     * Makes nothing yet.
     *
     * @param model not closed with this
     * @param options of contexts that complete text, from which the length and the threads are taken
     */
    public Embedder(Model model, ContextOptions options) {
        this.model = model;
        this.pooling = Pooling.of(model);
        this.options = options.withMaxSequences(1)
                .withCells(0)
                .withBatchSize(OUTPUTS, OUTPUTS)
                .withExecution(Execution.REFERENCE)
                .withRecordMlp(false);
    }

    /** Floats in an embedding. */
    public int embeddingLength() {
        return model.info().embeddingLength();
    }

    /** Tokens of a text that fit. */
    public int contextLength() {
        return InferenceContext.contextLength(options, model.info());
    }

    /**
     * The embedding of a text.
     *
     * @param tokens of it
     * @return {@link #embeddingLength()} floats of length 1; all 0 if the pooled state is
     * @throws RequestException if there are no tokens, or more than fit the context
     * @throws IllegalArgumentException if there is no such token
     * @throws EngineException if there is not enough memory
     */
    public synchronized float[] embed(int[] tokens) {
        if (tokens.length == 0) {
            throw RequestException.invalid("input", "the input has no tokens");
        }
        if (tokens.length > contextLength()) {
            throw new RequestException(
                    "the input has %d tokens, the context has room for %d".formatted(tokens.length, contextLength()),
                    "input",
                    "context_length_exceeded");
        }
        double[] sum = new double[embeddingLength()];
        InferenceContext on = context();
        on.clear();
        for (int from = 0; from < tokens.length; from += on.batch().capacity()) {
            add(on, tokens, from, Math.min(tokens.length, from + on.batch().capacity()), sum);
        }
        return normalised(sum);
    }

    private InferenceContext context() {
        if (closed) {
            throw new ClosedException("the embedder");
        }
        InferenceContext made = context;
        if (made == null) {
            made = model.newContext(options);
            context = made;
        }
        return made;
    }

    private void add(InferenceContext on, int[] tokens, int from, int to, double[] sum) {
        Batch batch = on.batch();
        batch.clear();
        for (int i = from; i < to; i++) {
            batch.add(tokens[i], i, SEQUENCE, pooling.takes(i, tokens.length));
        }
        on.decode();
        float[] hidden = new float[sum.length];
        for (int i = from; i < to; i++) {
            if (pooling.takes(i, tokens.length)) {
                on.hidden(i - from, hidden);
                for (int j = 0; j < sum.length; j++) {
                    sum[j] += hidden[j];
                }
            }
        }
    }

    private static float[] normalised(double[] sum) {
        double squares = 0;
        for (double x : sum) {
            squares += x * x;
        }
        double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
        float[] scaled = new float[sum.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (sum[i] * scale);
        }
        return scaled;
    }

    /** Waits for a running call. A second call does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        if (context != null) {
            context.close();
            context = null;
        }
    }
}
