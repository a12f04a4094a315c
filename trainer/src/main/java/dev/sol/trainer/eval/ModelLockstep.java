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
import java.util.stream.IntStream;

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
    private List<Passage> passages = List.of();
    private int[] positions = {}; // [lanes] of the next tokens
    private int[] outputs = {}; // [lanes] of the last tokens, in the last batch
    private float[] logits = {}; // kept from call to call
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
    public void start(List<Passage> begun) {
        context.clear();
        passages = List.copyOf(begun);
        outputs = new int[begun.size()];
        positions = begun.stream().mapToInt(Passage::prefix).toArray();
        int[] all = IntStream.range(0, begun.size()).toArray();
        int[] from = new int[begun.size()];
        for (int lane = 1; lane < from.length; lane++) {
            from[lane] = shared(begun.get(lane - 1), begun.get(lane));
        }
        append(all, from);
    }

    /** Of two passages' prefixes, how many tokens need not be computed again: all but the last, or none. */
    private static int shared(Passage one, Passage other) {
        int length = other.prefix() - 1;
        return one.prefix() > length && Arrays.equals(one.tokens(), 0, length, other.tokens(), 0, length) ? length : 0;
    }

    /** @param from [lanes] the first position of each to compute; before it, what the lane before has */
    private void append(int[] lanes, int[] from) {
        Batch batch = context.batch();
        batch.clear();
        for (int i = 0; i < lanes.length; i++) {
            int lane = lanes[i];
            for (int position = from[i]; position < positions[lane] - 1; position++) {
                batch.add(passages.get(lane).tokens()[position], position, lane, false);
                if (batch.size() == batch.capacity()) {
                    decode();
                    batch.clear();
                }
            }
            if (i + 1 < lanes.length
                    && from[i + 1] > 0
                    && lanes[i + 1] == lane + 1
                    && context.maxPosition(lane + 1) < 0) {
                if (batch.size() > 0) {
                    decode();
                    batch.clear();
                }
                context.copySequence(lane, lane + 1, 0, from[i + 1]);
            }
        }
        if (batch.size() > 0) {
            decode();
            batch.clear();
        }
        for (int lane : lanes) {
            int last = positions[lane] - 1;
            outputs[lane] = batch.add(passages.get(lane).tokens()[last], last, lane, true);
        }
        decode();
    }

    @Override
    public void refresh(int[] lanes, int count) {
        for (int lane : lanes) {
            context.removeSequence(lane, positions[lane] - count, -1);
        }
        append(lanes, Arrays.stream(lanes).map(lane -> positions[lane] - count).toArray());
    }

    @Override
    public void step(int[] lanes, List<Action> actions) {
        Batch batch = context.batch();
        batch.clear();
        for (int i = 0; i < lanes.length; i++) {
            int lane = lanes[i];
            int position = positions[lane]++;
            outputs[lane] = batch.add(passages.get(lane).tokens()[position], position, lane, true, actions.get(i));
        }
        decode();
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
    public List<TokenScore> score(int[] lanes, int[] labels) {
        return context.score(Arrays.stream(lanes).map(lane -> outputs[lane]).toArray(), labels);
    }

    @Override
    public boolean isLikeliest(int lane, int label) {
        logits = logits.length == 0 ? new float[context.vocabularySize()] : logits;
        context.logits(outputs[lane], logits);
        return isGreatest(logits, label);
    }

    /** Whether no value is greater than the one with the number {@code index}, and none before it is equal. */
    static boolean isGreatest(float[] values, int index) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] > values[index] || (i < index && values[i] == values[index])) {
                return false;
            }
        }
        return true;
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
