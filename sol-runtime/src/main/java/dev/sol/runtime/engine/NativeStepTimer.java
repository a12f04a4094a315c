package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EngineException;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.Model;
import dev.sol.runtime.cost.StepTimer;

/**
 * Steps of a context of its own. Its KV cache is filled without a prompt of that length: a few tokens are decoded and then copied
 * behind themselves, again and again, with their keys rotated to where they come to stand. Models whose positions cannot be moved or
 * forgotten (recurrent ones, sliding windows) stay at short sequences.
 */
final class NativeStepTimer implements StepTimer, AutoCloseable {
    private static final int SEQUENCE = 0;
    private static final int PART = 1; // what is to be saved
    private static final int COPY = 2; // what was loaded
    private static final int SEQUENCES = 3;
    private static final int DECODED = 32; // tokens that are no copies
    private static final int MOST_DECODED = 256; // where nothing can be copied
    private static final int STRIDE =
            7_919; // a prime: tokens that have nothing to do with each other, for the sake of experts

    private final InferenceContext context;
    private final Batch batch;
    private int length;
    private boolean movable = true;

    /**
     * @param options of the context whose steps are of interest
     * @param capacity positions
     */
    NativeStepTimer(Model model, ContextOptions options, int capacity) {
        this.context = model.newContext(options.withContextLength(capacity)
                .withCells(capacity)
                .withMaxSequences(SEQUENCES)
                .withBatchSize(DECODED, DECODED)
                .withRecordMlp(false));
        this.batch = context.batch();
    }

    @Override
    public int capacity() {
        return context.contextLength();
    }

    @Override
    public int fill(int depth, int room) {
        if (length > depth && !cut(depth) && length + room > capacity()) {
            context.clear();
            length = 0;
        }
        while (length < (movable ? depth : Math.min(depth, MOST_DECODED))) {
            int more = Math.min(length, depth - length);
            if (length < DECODED || !movable) {
                decode(Math.min(DECODED, depth - length));
            } else if (copyBehind(more)) {
                length += more;
            } else {
                movable = false;
            }
        }
        return length;
    }

    /** False if the model cannot forget a part of a sequence. */
    private boolean cut(int depth) {
        try {
            context.removeSequence(SEQUENCE, depth, -1);
            length = depth;
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void decode(int tokens) {
        batch.clear();
        for (int i = 0; i < tokens; i++) {
            batch.add(token(length + i), length + i, SEQUENCE, i == tokens - 1);
        }
        context.decode();
        length += tokens;
    }

    /** Copies the first {@code count} positions to the end; false if the model does not have it. */
    private boolean copyBehind(int count) {
        try {
            context.copySequence(SEQUENCE, PART, 0, count);
            byte[] state = context.saveSequence(PART);
            context.removeSequence(PART, -1, -1);
            context.loadSequence(COPY, state);
            context.shiftSequence(COPY, 0, -1, length);
            context.copySequence(COPY, SEQUENCE, length, length + count);
            context.removeSequence(COPY, -1, -1);
            return true;
        } catch (IllegalArgumentException | EngineException e) {
            context.removeSequence(PART, -1, -1);
            context.removeSequence(COPY, -1, -1);
            return false;
        }
    }

    @Override
    public double step(Action action) {
        batch.clear();
        batch.add(token(length), length, SEQUENCE, true, action);
        long start = System.nanoTime();
        context.decode();
        double millis = (System.nanoTime() - start) / 1e6;
        length++;
        return millis;
    }

    private int token(int position) {
        return (int) ((position + 1L) * STRIDE % context.vocabularySize());
    }

    @Override
    public void close() {
        context.close();
    }
}
