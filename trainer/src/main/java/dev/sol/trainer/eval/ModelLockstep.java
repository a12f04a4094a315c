package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.StepUsage;
import dev.sol.runtime.TokenScore;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/** Sequences of one context. */
final class ModelLockstep implements Lockstep {
    /** Tokens of prefixes in one decode. */
    private static final int DECODE = 512;

    /** Batches of more tokens gain little. */
    private static final int MOST_LANES = 16;

    /** In larger batches MLPs are not skipped. */
    private static final int MOST_SKIPPING = 4;

    private final Model model;
    private final InferenceContext context;
    private final KnobReach reach;
    private final int lanes;
    private int position; // of the next tokens
    private int[] outputs = {}; // of the sequences, in the last batch
    private volatile boolean cancelled;

    private ModelLockstep(Model model, InferenceContext context, int lanes) {
        this.model = model;
        this.context = context;
        this.reach = KnobReach.of(context.layers());
        this.lanes = lanes;
    }

    /**
     * How many sequences together are quickest. All are in one cache, over all of which each token's attention passes: with more of
     * them that costs more, while the weights are read for more tokens at once. Here both take about as many operations.
     *
     * @param window positions of each sequence
     */
    static int lanes(ModelInfo model, int window, Execution execution) {
        long perCell = 2L * model.embeddingLength() * model.layers();
        long cells = model.parameters() / Math.max(1, perCell);
        return Math.clamp(cells / window, 1, execution == Execution.SKIP ? MOST_SKIPPING : MOST_LANES);
    }

    /**
     * Makes the context.
     *
     * @param window positions of each sequence
     * @param threads 0 = automatic
     * @throws dev.sol.runtime.RequestException if the window or the knobs do not fit the model
     */
    static ModelLockstep open(Model model, int lanes, int window, int threads, Execution execution, KnobOptions knobs) {
        int decode = Math.max(DECODE, lanes);
        ContextOptions options = ContextOptions.DEFAULT
                .withContextLength(window)
                .withCells(lanes * window)
                .withMaxSequences(lanes)
                .withBatchSize(decode, decode)
                .withThreads(threads)
                .withExecution(execution)
                .withKnobs(knobs);
        return new ModelLockstep(model, model.newContext(options), lanes);
    }

    @Override
    public int lanes() {
        return lanes;
    }

    @Override
    public int embeddingLength() {
        return context.embeddingLength();
    }

    @Override
    public int vocabularySize() {
        return context.vocabularySize();
    }

    @Override
    public int forcedPositions() {
        return context.options().knobs().forcedPositions();
    }

    @Override
    public KnobReach reach() {
        return reach;
    }

    /** The last tokens of the prefixes are decoded together, so that all of them are outputs of one batch. */
    @Override
    public void start(List<int[]> windows, int length) {
        context.clear();
        Batch batch = context.batch();
        batch.clear();
        for (int lane = 0; lane < windows.size(); lane++) {
            for (int i = 0; i < length - 1; i++) {
                batch.add(windows.get(lane)[i], i, lane, false);
                if (batch.size() == batch.capacity()) {
                    decode();
                    batch.clear();
                }
            }
        }
        if (batch.size() > 0) {
            decode();
            batch.clear();
        }
        outputs = new int[windows.size()];
        for (int lane = 0; lane < outputs.length; lane++) {
            outputs[lane] = batch.add(windows.get(lane)[length - 1], length - 1, lane, true);
        }
        decode();
        position = length;
    }

    @Override
    public void step(int[] tokens, List<Action> actions) {
        Batch batch = context.batch();
        batch.clear();
        for (int lane = 0; lane < tokens.length; lane++) {
            outputs[lane] = batch.add(tokens[lane], position, lane, true, actions.get(lane));
        }
        decode();
        position++;
    }

    private void decode() {
        if (cancelled) {
            throw new CancellationException("the measurement was cancelled");
        }
        context.decode();
    }

    @Override
    public StepUsage usage(int lane) {
        return context.usage(outputs[lane]);
    }

    @Override
    public List<TokenScore> score(int[] labels) {
        return context.score(Arrays.copyOf(outputs, labels.length), labels);
    }

    @Override
    public void hidden(int lane, float[] out) {
        context.hidden(outputs[lane], out);
    }

    @Override
    public void embedding(int token, float[] out) {
        model.tokenEmbedding(token, out);
    }

    @Override
    public void cancel() {
        cancelled = true;
        context.cancel();
    }

    @Override
    public void close() {
        context.close();
    }
}
