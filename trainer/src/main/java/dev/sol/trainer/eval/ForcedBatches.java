package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.Model;
import dev.sol.runtime.PolicyRun;
import dev.sol.runtime.TokenScore;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;

/**
 * Passages all of whose actions are known ({@link OpenLoop}), many tokens of them in a batch, each with its own knobs: several times as
 * quick as steps, and the same to rounding. Masked, as skipping is for single tokens. One thread at a time, {@link #cancel} excepted.
 */
final class ForcedBatches implements AutoCloseable {
    /** Tokens in one decode. llama.cpp computes no more at once by default, and each output takes a vocabulary of floats. */
    private static final int DECODE = 512;

    private final InferenceContext context;
    private final KnobReach reach;
    private final int cells;
    private final int sequences;
    private float[] logits = {}; // kept from call to call
    private volatile boolean cancelled;

    private ForcedBatches(InferenceContext context, int cells, int sequences) {
        this.context = context;
        this.reach = KnobReach.of(context.layers());
        this.cells = cells;
        this.sequences = sequences;
    }

    /**
     * Makes the context.
     *
     * @param longest tokens of the longest passage
     * @param threads 0 = automatic
     * @throws dev.sol.runtime.RequestException if the passages or the knobs do not fit the model
     */
    static ForcedBatches open(Model model, int longest, int threads, KnobOptions knobs) {
        int cells = Math.max(DECODE, longest);
        int sequences = Math.clamp(cells / 8, 1, 64);
        ContextOptions options = ContextOptions.DEFAULT
                .withContextLength(longest)
                .withCells(cells)
                .withMaxSequences(sequences)
                .withBatchSize(DECODE, DECODE)
                .withThreads(threads)
                .withKnobs(knobs);
        return new ForcedBatches(model.newContext(options), cells, sequences);
    }

    /** Scores the passages. */
    void run(List<Passage> passages, Spender spender, Tally tally, IntConsumer progress) {
        for (int first = 0; first < passages.size(); ) {
            int last = first;
            int tokens = 0;
            while (last < passages.size()
                    && last - first < sequences
                    && (last == first || tokens + computed(passages.get(last)) <= cells)) {
                tokens += computed(passages.get(last++));
            }
            new Side(passages, first, last, spender, tally, progress).run();
            first = last;
        }
    }

    /** The last token is a label only. */
    private static int computed(Passage passage) {
        return passage.tokens().length - 1;
    }

    /** Passages side by side in the cache. */
    private final class Side {
        private final List<Passage> passages;
        private final int first;
        private final int last;
        private final Tally tally;
        private final IntConsumer progress;
        private final List<PolicyRun> runs = new ArrayList<>();
        private final List<Iterator<Action>> actions = new ArrayList<>();
        private final List<Pending> pending = new ArrayList<>();

        Side(List<Passage> passages, int first, int last, Spender spender, Tally tally, IntConsumer progress) {
            this.passages = passages;
            this.first = first;
            this.last = last;
            this.tally = tally;
            this.progress = progress;
            for (int i = first; i < last; i++) {
                OpenLoop policy = (OpenLoop) spender.policies().apply(i);
                actions.add(policy.actions(spender.target()));
                runs.add(new PolicyRun(
                        new Books(policy.name(), policy.grid()),
                        spender.target(),
                        passages.get(i).steps(),
                        context.embeddingLength(),
                        reach,
                        0));
            }
        }

        void run() {
            context.clear();
            Batch batch = context.batch();
            batch.clear();
            int forced = context.options().knobs().forcedPositions();
            for (int i = first; i < last; i++) {
                Passage passage = passages.get(i);
                int effective = passage.firstEffective(forced);
                for (int position = 0; position < computed(passage); position++) {
                    int step = position - passage.prefix();
                    boolean bites = step >= effective;
                    Action action = bites ? actions.get(i - first).next() : Action.DENSE;
                    int index = batch.add(passage.tokens()[position], position, i - first, step >= 0, action);
                    if (step >= 0) {
                        pending.add(new Pending(i, step, index, bites, action));
                    }
                    if (batch.size() == batch.capacity()) {
                        decode(batch);
                    }
                }
            }
            if (batch.size() > 0) {
                decode(batch);
            }
            for (int i = first; i < last; i++) {
                tally.end(i, runs.get(i - first).tracker());
            }
        }

        private void decode(Batch batch) {
            if (cancelled) {
                throw new CancellationException("the measurement was cancelled");
            }
            context.decode();
            if (!pending.isEmpty()) {
                int[] outputs = pending.stream().mapToInt(Pending::index).toArray();
                int[] labels = pending.stream()
                        .mapToInt(of -> {
                            Passage passage = passages.get(of.passage());
                            return passage.tokens()[passage.prefix() + of.step() + 1];
                        })
                        .toArray();
                List<TokenScore> scores = context.score(outputs, labels);
                for (int i = 0; i < outputs.length; i++) {
                    Pending of = pending.get(i);
                    tally.score(of.passage(), of.step(), scores.get(i).logProbability());
                    if (tally.wantsHits()) {
                        logits = logits.length == 0 ? new float[context.vocabularySize()] : logits;
                        context.logits(of.index(), logits);
                        tally.hit(of.passage(), of.step(), ModelLockstep.isGreatest(logits, labels[i]));
                    }
                    if (of.effective()) {
                        runs.get(of.passage() - first).book(of.action(), context.usage(of.index()));
                        tally.choice(of.passage(), of.step(), of.action());
                    }
                }
                progress.accept(outputs.length);
                pending.clear();
            }
            batch.clear();
        }
    }

    /** A token of the batch that is scored. */
    private record Pending(int passage, int step, int index, boolean effective, Action action) {}

    /** Stands in for a policy where only its books are kept. */
    private record Books(String name, ActionGrid grid) implements OpenLoop {
        @Override
        public Iterator<Action> actions(Budget target) {
            return List.<Action>of().iterator();
        }
    }

    /** Ends the running and every later measurement. Any thread. */
    void cancel() {
        cancelled = true;
        context.cancel();
    }

    @Override
    public void close() {
        context.close();
    }
}
