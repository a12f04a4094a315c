package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.PairedBootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A policy against {@link Baselines} that realise the same on every axis, on the same windows. For one thread. */
final class Comparison {
    /** The rows of one budget, at most. */
    static final int ROWS = 7;

    private final PolicyEvaluation evaluation;
    private final @Nullable StepTiming timing;
    private final PairedBootstrap bootstrap;
    private final long seed;
    private final Progress progress;

    /**
     * @param timing null: nothing is timed
     * @param seed of the policies' and baselines' random choices
     */
    Comparison(
            PolicyEvaluation evaluation,
            @Nullable StepTiming timing,
            PairedBootstrap bootstrap,
            long seed,
            Progress progress) {
        this.evaluation = evaluation;
        this.timing = timing;
        this.bootstrap = bootstrap;
        this.seed = seed;
        this.progress = progress;
    }

    /** What pruning nothing costs and gives. */
    Row dense() {
        Spender dense = Spender.of(Policies.byName("dense"), Budget.DENSE);
        Measured measured = measure(dense, "dense");
        return row("dense", 1, Budget.DENSE, dense, measured, 0, true, null);
    }

    /**
     * Measures a policy and its baselines.
     *
     * @param net the budget that is asked for
     * @param listener told of each row as it is known
     * @return the policy first; baselines whose grid has no targets for what the policy realised are left out
     * @throws dev.sol.policy.UnattainableBudgetException if the policy's grid cannot meet the budget
     */
    List<Row> at(ComputePolicy policy, double net, Consumer<Row> listener) {
        Budget requested = policy.resolve(net);
        Spender spender = Spender.of(policy, requested);
        Measured own = measure(spender, policy.name());
        Budget realised = own.realised();
        List<Row> rows = new ArrayList<>();
        rows.add(row(policy.name(), net, requested, spender, own, Matching.distance(realised, requested), true, null));
        listener.accept(rows.getFirst());
        List<Baseline> baselines = Baselines.of(own, evaluation.windows(), evaluation.effectiveSteps(), seed);
        progress.skip((ROWS - 1 - baselines.size()) * evaluation.tokens());
        for (Baseline baseline : baselines) {
            if (reaches(baseline.grid(), realised)) {
                rows.add(matched(baseline, net, requested, own));
                listener.accept(rows.getLast());
            } else {
                progress.skip(evaluation.tokens());
            }
        }
        return rows;
    }

    private Row matched(Baseline baseline, double net, Budget requested, Measured policy) {
        Repeats repeats = new Repeats(baseline);
        Matching matching = Matching.of(policy.realised(), baseline.first(), baseline.grid(), repeats::measure);
        return row(
                baseline.name(),
                net,
                requested,
                repeats.spenderOf(matching.measured()),
                matching.measured(),
                matching.distance(),
                matching.isClose(),
                policy.losses());
    }

    /** The runs of one baseline: all but the first were not foreseen. */
    private final class Repeats {
        private final Baseline baseline;
        private final List<Spender> spenders = new ArrayList<>();
        private final List<Measured> runs = new ArrayList<>();

        Repeats(Baseline baseline) {
            this.baseline = baseline;
        }

        Measured measure(Budget target) {
            if (!runs.isEmpty()) {
                progress.expect(evaluation.tokens());
            }
            Spender spender = baseline.spender().apply(target);
            Measured run = Comparison.this.measure(spender, baseline.name());
            spenders.add(spender);
            runs.add(run);
            return run;
        }

        Spender spenderOf(Measured run) {
            return spenders.get(runs.indexOf(run));
        }
    }

    private Measured measure(Spender spender, String label) {
        progress.begin(label);
        return evaluation.run(spender, seed, progress::step);
    }

    private Row row(
            String name,
            double net,
            Budget requested,
            Spender spender,
            Measured measured,
            double distance,
            boolean matched,
            @Nullable WindowLosses policy) {
        WindowLosses losses = measured.losses();
        return new Row(
                name,
                net,
                requested,
                measured.realised(),
                distance,
                matched,
                losses,
                Row.interval(losses, bootstrap),
                policy == null || !matched ? null : Row.Difference.of(policy, losses, bootstrap),
                Row.histogram(measured),
                timing == null ? null : timing.millisPerToken(spender, seed),
                measured.policyMillis());
    }

    /** Steps use at least what is chosen, so that less than the grid's minimum cannot be met. */
    private static boolean reaches(ActionGrid grid, Budget wanted) {
        for (Axis axis : Axis.values()) {
            double missing = Math.max(grid.minimum(axis) - wanted.get(axis), wanted.get(axis) - grid.maximum(axis));
            if (axis.share(missing) > Matching.TOLERANCE) {
                return false;
            }
        }
        return true;
    }
}
