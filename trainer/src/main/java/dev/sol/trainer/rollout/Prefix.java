package dev.sol.trainer.rollout;

import dev.sol.runtime.Batch;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.LogProbabilities;
import dev.sol.runtime.TokenScore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all schedules of an item share: the state of the model after the prefix, computed in an empty context exactly as a server
 * computes a prompt, and what the dense model thinks of the labels.
 *
 * @param state of the sequence, for {@link InferenceContext#loadSequence}
 * @param hidden [n_embd] after the last token of the prefix
 * @param entropy of what follows it, in nats
 * @param dense [T] log p(label)
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity
record Prefix(WorkItem item, byte[] state, float[] hidden, float entropy, float[] dense) {
    private static final int SEQUENCE = 0;

    /**
     * Decodes an item's prefix, and then its steps, densely. The context is empty afterwards.
     *
     * @param context is cleared
     * @param reference where the dense distributions of the labels are kept; null: nowhere
     * @param row of the first step in it
     */
    static Prefix decode(InferenceContext context, WorkItem item, @Nullable LogProbabilities reference, int row) {
        context.clear();
        int last = decode(context, item.tokens(), 0, item.prefix(), false);
        float[] hidden = new float[context.embeddingLength()];
        context.hidden(last, hidden);
        float entropy =
                context.score(new int[] {last}, new int[] {-1}).getFirst().entropy();
        byte[] state = context.saveSequence(SEQUENCE);

        float[] dense = new float[item.steps()];
        int most = context.batch().capacity();
        for (int from = 0; from < dense.length; from += most) {
            int to = Math.min(from + most, dense.length);
            decode(context, item.tokens(), item.prefix() + from, item.prefix() + to, true);
            score(context, item, from, to, dense, reference, row);
        }
        context.clear();
        return new Prefix(item, state, hidden, entropy, dense);
    }

    /** @return index of the last token, which is always an output */
    private static int decode(InferenceContext context, int[] tokens, int from, int to, boolean outputs) {
        Batch batch = context.batch();
        int last = 0;
        for (int start = from; start < to; start += batch.capacity()) {
            batch.clear();
            int end = Math.min(start + batch.capacity(), to);
            for (int i = start; i < end; i++) {
                last = batch.add(tokens[i], i, SEQUENCE, outputs || i == to - 1);
            }
            context.decode();
        }
        return last;
    }

    private static void score(
            InferenceContext context,
            WorkItem item,
            int from,
            int to,
            float[] dense,
            @Nullable LogProbabilities reference,
            int row) {
        int n = to - from;
        int[] outputs = new int[n];
        int[] labels = new int[n];
        int[] rows = new int[n];
        for (int i = 0; i < n; i++) {
            outputs[i] = i;
            labels[i] = item.tokens()[item.prefix() + from + i + 1];
            rows[i] = row + from + i;
        }
        List<TokenScore> scores = context.score(outputs, labels);
        for (int i = 0; i < n; i++) {
            dense[from + i] = scores.get(i).logProbability();
        }
        if (reference != null) {
            context.keep(reference, outputs, rows);
        }
    }
}
