package dev.sol.trainer.prepare;

import dev.sol.policy.Action;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.MlpRecord;
import dev.sol.runtime.Model;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;

/** Runs a text through the model, dense, and records what its MLPs do. */
final class Calibration implements AutoCloseable {
    /** Tokens of one decode. All are outputs, as records need: each has logits, a vocabulary of floats. */
    private static final int DECODE = 128;

    /** First tokens of a window that are not recorded: they are attention sinks, and like nothing else in the text. */
    static final int SINKS = 4;

    private final InferenceContext context;
    private final int window;
    private volatile boolean cancelled;

    /**
     * Makes the context.
     *
     * @param window tokens in a window, more than {@value #SINKS}
     * @param threads 0 = automatic
     */
    Calibration(Model model, int window, int threads) {
        this.window = window;
        int decode = Math.min(window, DECODE);
        this.context = model.newContext(ContextOptions.DEFAULT
                .withContextLength(window)
                .withBatchSize(decode, decode)
                .withThreads(threads)
                .withRecordMlp(true));
    }

    /** Tokens that are recorded of so many windows. */
    static int recorded(int windows, int window) {
        return windows * (window - SINKS);
    }

    /**
     * Records windows.
     *
     * @param mlps of the layers that are recorded
     * @param into with room for {@link #recorded} tokens
     * @param progress told the number of tokens after each decode
     * @throws CancellationException after {@link #cancel}
     */
    void run(List<int[]> windows, List<GatedMlp> mlps, Records into, IntConsumer progress) {
        for (int[] tokens : windows) {
            context.clear();
            for (int from = 0; from < window; from += DECODE) {
                int to = Math.min(window, from + DECODE);
                decode(tokens, from, to);
                record(mlps, into, Math.max(0, SINKS - from));
                progress.accept(to - from);
            }
        }
    }

    private void decode(int[] tokens, int from, int to) {
        Batch batch = context.batch();
        batch.clear();
        for (int i = from; i < to; i++) {
            batch.add(tokens[i], i, 0, true, Action.DENSE);
        }
        if (cancelled) {
            throw new CancellationException("the calibration was cancelled");
        }
        context.decode();
    }

    private void record(List<GatedMlp> mlps, Records into, int skipped) {
        int count = context.batch().size() - skipped;
        if (count <= 0) {
            return;
        }
        for (int i = 0; i < mlps.size(); i++) {
            MlpRecord record = context.mlpRecord(mlps.get(i).layer());
            float[] inputs = new float[record.tokens() * record.embeddingLength()];
            float[] gates = new float[record.tokens() * record.neurons()];
            float[] norms = new float[record.neurons()];
            record.inputs(inputs);
            record.gates(gates);
            record.norms(norms);
            into.put(i, inputs, gates, skipped, count, norms);
        }
        into.advance(count);
    }

    /** Ends the running and every later {@link #run}. Any thread. */
    void cancel() {
        cancelled = true;
        context.cancel();
    }

    @Override
    public void close() {
        context.close();
    }
}
