package dev.sol.runtime.bench;

import dev.sol.policy.Action;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.Model;
import java.util.ArrayList;
import java.util.List;

/**
 * Ours, through the API that programs use: what Java adds to a step is in its time. One thread, but {@link #cancel} is for any.
 */
final class OurSide implements AutoCloseable {
    /** The prompt that the KV cache is filled with; also the most tokens of a batch. */
    static final int SEED_TOKENS = 32;

    /** The second is for filling the cache. */
    static final int SEQUENCES = 2;

    /** llama.cpp wants a cell for each sequence, and no smaller batch than that. */
    private static final int LEAST_CELLS = SEED_TOKENS;

    private static final int MAIN = 0;
    private static final int OTHER = 1;
    private static final int TO_END = -1;
    private static final long STRIDE = 7919; // prime: other tokens at each position

    private final InferenceContext context;
    private final int vocabulary;
    private int depth;

    /** Positions that a KV cache must hold for steps at a depth. */
    static int cells(int depth) {
        return Math.max(depth + 1, LEAST_CELLS);
    }

    /** @param options with {@link #SEQUENCES} sequences and batches of {@link #SEED_TOKENS} */
    OurSide(Model model, ContextOptions options) {
        this.context = model.newContext(options);
        this.vocabulary = model.info().vocabularySize();
    }

    /**
     * Makes the KV cache hold so many positions: a prompt is decoded, and its state is loaded behind what is there, twice as much each
     * time. Keys and values of a long prefill cannot be told from these by their time.
     */
    void fill(int wanted) {
        context.clear();
        depth = 0;
        decode(Math.min(wanted, SEED_TOKENS));

        List<byte[]> states = new ArrayList<>(); // of SEED_TOKENS, twice as many, …
        while (depth > 0 && 2 * depth <= wanted) {
            states.add(context.saveSequence(MAIN));
            append(states.getLast(), depth);
        }
        for (int i = states.size() - 1; i >= 0; i--) {
            int n = SEED_TOKENS << i;
            if (depth + n <= wanted) {
                append(states.get(i), n);
            }
        }
        decode(wanted - depth);
    }

    /** Puts a state of {@code n} positions from 0 behind those that there are. */
    private void append(byte[] state, int n) {
        context.loadSequence(OTHER, state);
        context.shiftSequence(OTHER, 0, TO_END, depth);
        context.copySequence(OTHER, MAIN, depth, TO_END);
        context.removeSequence(OTHER, 0, TO_END);
        depth += n;
        if (depth < context.contextLength()) {
            double _ = step(Action.DENSE); // moves the keys, before their state is read
        }
    }

    /** The next {@code n} tokens, at most {@link #SEED_TOKENS}. */
    private void decode(int n) {
        if (n == 0) {
            return;
        }
        Batch batch = context.batch();
        batch.clear();
        for (int i = 0; i < n; i++) {
            batch.add(token(depth + i), depth + i, MAIN, i == n - 1);
        }
        context.decode();
        depth += n;
    }

    private int token(int position) {
        return (int) (position * STRIDE % vocabulary);
    }

    /** As {@link Side#steps}, each token with these knobs. */
    double[] steps(int n, Action knobs) {
        double[] times = new double[n];
        for (int i = 0; i < n; i++) {
            times[i] = step(knobs);
        }
        return times;
    }

    private double step(Action knobs) {
        long begin = System.nanoTime();
        Batch batch = context.batch();
        batch.clear();
        batch.add(token(depth), depth, MAIN, true, knobs);
        context.decode();
        long nanos = System.nanoTime() - begin;
        context.removeSequence(MAIN, depth, TO_END);
        return nanos / 1e6;
    }

    /** What the knobs do in each layer. */
    List<LayerKnobs> layers() {
        return context.layers();
    }

    /** Positions in the KV cache. */
    int depth() {
        return depth;
    }

    /** Ends what it works on with a {@link java.util.concurrent.CancellationException}. */
    void cancel() {
        context.cancel();
    }

    @Override
    public void close() {
        context.close();
    }
}
