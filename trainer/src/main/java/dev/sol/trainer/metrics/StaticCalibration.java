package dev.sol.trainer.metrics;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.Model;
import java.util.List;

/**
 * Finds the best static splits of a model ({@link StaticSplit}) on windows of a text: what a policy's budget is split by when it is
 * given as one number, and what a policy has to beat. One thread at a time, {@link #cancel} excepted.
 */
public final class StaticCalibration implements AutoCloseable {
    private final TeacherForcing forcing;
    private final List<int[]> windows;
    private final KnobReach reach;

    private StaticCalibration(TeacherForcing forcing, List<int[]> windows) {
        this.forcing = forcing;
        this.windows = windows;
        this.reach = KnobReach.of(forcing.layers());
    }

    /**
     * Makes the context.
     *
     * @param windows to measure on, at least one, all of one length; of the validation part
     * @param prefix the first tokens of each that are dense and not scored
     * @param threads 0 = automatic
     * @throws dev.sol.runtime.RequestException if the windows do not fit the model, or the knobs do not
     * @throws IllegalArgumentException if there are no windows, or the prefix is out of range
     */
    public static StaticCalibration open(Model model, List<int[]> windows, int prefix, int threads, KnobOptions knobs) {
        if (windows.isEmpty()) {
            throw new IllegalArgumentException("there is no window to calibrate on");
        }
        return new StaticCalibration(
                TeacherForcing.open(model, windows.getFirst().length, prefix, threads, knobs), List.copyOf(windows));
    }

    /**
     * Measures about a hundred static actions.
     *
     * @throws java.util.concurrent.CancellationException after {@link #cancel}
     */
    public List<StaticSplit.Row> run(ActionGrid grid, StaticSplit.Progress progress) {
        return StaticSplit.find(grid, this::measure, progress);
    }

    private StaticLoss.Measured measure(Action action) {
        TeacherForcing.Result result = forcing.score(windows, action, _ -> {});
        Budget realised = new Budget(
                reach.attn() ? result.spent().attn() : 1,
                reach.mlp() ? result.spent().mlp() : 1,
                reach.bits() ? action.actBits() : Action.DENSE.actBits());
        return new StaticLoss.Measured(result.losses().perplexity().mean(), realised);
    }

    /** Ends the running and every later {@link #run}. Any thread. */
    public void cancel() {
        forcing.cancel();
    }

    @Override
    public void close() {
        forcing.close();
    }
}
