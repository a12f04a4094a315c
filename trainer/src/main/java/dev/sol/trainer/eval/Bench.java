package dev.sol.trainer.eval;

import dev.sol.runtime.Execution;
import dev.sol.runtime.Model;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model with what an evaluation by one meaning of the knobs needs: lanes, batches for what is known beforehand, and a single lane that
 * skips, for timing. For one thread.
 */
final class Bench implements AutoCloseable {
    private final Stoppables stoppables;
    private final Lockstep lockstep;
    private final @Nullable ForcedBatches batches;
    private final @Nullable Lockstep single;
    private final Runnable stop = this::stop;

    private Bench(
            Stoppables stoppables, Lockstep lockstep, @Nullable ForcedBatches batches, @Nullable Lockstep single) {
        this.stoppables = stoppables;
        this.lockstep = lockstep;
        this.batches = batches;
        this.single = single;
        stoppables.add(stop);
    }

    /**
     * How a bench is made.
     *
     * @param longest tokens of the longest passage
     * @param passages how many there are at most
     * @param threads 0 = automatic
     * @param execution of the lanes
     * @param timing whether anything is timed
     */
    record Setup(int longest, int passages, int threads, Execution execution, boolean timing) {}

    /** Makes the contexts. */
    static Bench open(Model model, Family family, Setup setup, Stoppables stoppables) {
        int lanes = Math.min(setup.passages(), ModelLockstep.lanes(model.info(), setup.longest(), setup.execution()));
        Lockstep lockstep =
                ModelLockstep.open(model, lanes, setup.longest(), setup.threads(), setup.execution(), family.knobs());
        try {
            ForcedBatches batches = setup.execution() == Execution.SKIP
                    ? null // for which batches are masked
                    : ForcedBatches.open(model, setup.longest(), setup.threads(), family.knobs());
            Lockstep single = setup.timing()
                    ? ModelLockstep.open(model, 1, setup.longest(), setup.threads(), Execution.SKIP, family.knobs())
                    : null;
            return new Bench(stoppables, lockstep, batches, single);
        } catch (RuntimeException e) {
            lockstep.close();
            throw e;
        }
    }

    PolicyEvaluation evaluation(List<Passage> passages, int refresh, boolean hits) {
        return new PolicyEvaluation(lockstep, batches, passages, refresh, hits);
    }

    /** The first steps of a passage on the single lane; null without timing. */
    @Nullable PolicyEvaluation timed(Passage passage, int steps, int refresh) {
        if (single == null) {
            return null;
        }
        int length = passage.prefix() + Math.min(steps, passage.steps()) + 1;
        Passage part = new Passage(Arrays.copyOf(passage.tokens(), length), passage.prefix());
        return new PolicyEvaluation(single, null, List.of(part), refresh, false);
    }

    private void stop() {
        lockstep.cancel();
        if (batches != null) {
            batches.cancel();
        }
        if (single != null) {
            single.cancel();
        }
    }

    @Override
    public void close() {
        stoppables.remove(stop);
        lockstep.close();
        if (batches != null) {
            batches.close();
        }
        if (single != null) {
            single.close();
        }
    }
}
