package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.Objects;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes a baseline realise what a policy has realised, on every axis: what is chosen is not what is used (shares round up, some
 * positions are always attended), so targets are adjusted, one secant step per axis after each run, until the realised means agree.
 *
 * @param measured the run that came closest
 * @param distance its largest distance from what was wanted, as a share of dense
 */
record Matching(Measured measured, double distance) {
    /** Realised means that agree to this, as shares of dense, are equal. */
    static final double TOLERANCE = 1e-3;

    private static final int MOST_RUNS = 4;
    private static final int MOST_NET_RUNS = 6;

    /** A change of a target that says nothing about the slope. */
    private static final double NO_CHANGE = 1e-9;

    /** The slope of realised to target is 1 where nothing rounds; far from it something else is at work. */
    private static final double LEAST_SLOPE = .25;

    private static final double GREATEST_SLOPE = 4;

    /** Whether the realised means agree. */
    boolean isClose() {
        return distance <= TOLERANCE;
    }

    /**
     * Runs a baseline until it matches, at most four times.
     *
     * @param wanted realised means
     * @param first targets of the first run
     * @param grid that targets are kept within
     * @param baseline a run with other targets
     */
    static Matching of(Budget wanted, Budget first, ActionGrid grid, Function<Budget, Measured> baseline) {
        Budget target = within(grid, first.attn(), first.mlp(), first.bits());
        Measured run = baseline.apply(target);
        Matching best = new Matching(run, distance(run.realised(), wanted));
        Budget earlierTarget = null;
        Measured earlier = null;
        for (int runs = 1; runs < MOST_RUNS && !best.isClose(); runs++) {
            double attn = next(Axis.ATTN, wanted, target, run.realised(), earlierTarget, earlier);
            double mlp = next(Axis.MLP, wanted, target, run.realised(), earlierTarget, earlier);
            double bits = next(Axis.BITS, wanted, target, run.realised(), earlierTarget, earlier);
            Budget next = within(grid, attn, mlp, bits);
            if (distance(next, target) < NO_CHANGE) {
                break; // at the ends of the grid
            }
            earlierTarget = target;
            earlier = run;
            target = next;
            run = baseline.apply(target);
            double distance = distance(run.realised(), wanted);
            best = distance < best.distance ? new Matching(run, distance) : best;
        }
        return best;
    }

    /**
     * As {@link #of}, for a baseline that splits a net keep rate by itself.
     *
     * @param wanted net keep rate
     * @param path its targets for each net
     */
    static Matching ofNet(double wanted, DoubleFunction<Budget> path, Function<Budget, Measured> baseline) {
        double target = wanted;
        Matching best = null;
        double slope = 1;
        double earlierTarget = Double.NaN;
        double earlier = Double.NaN;
        for (int runs = 0; runs < MOST_NET_RUNS && (best == null || !best.isClose()); runs++) {
            Measured run = baseline.apply(path.apply(target));
            double realised = run.realised().net();
            double distance = Math.abs(realised - wanted);
            best = best == null || distance < best.distance ? new Matching(run, distance) : best;
            if (runs > 0 && Math.abs(target - earlierTarget) > NO_CHANGE) {
                slope = Math.clamp((realised - earlier) / (target - earlierTarget), LEAST_SLOPE, GREATEST_SLOPE);
            }
            earlierTarget = target;
            earlier = realised;
            target = Math.clamp(target + (wanted - realised) / slope, 0, 1);
        }
        return Objects.requireNonNull(best, "at least one run");
    }

    private static double next(
            Axis axis,
            Budget wanted,
            Budget target,
            Budget realised,
            @Nullable Budget earlierTarget,
            @Nullable Measured earlier) {
        double missing = wanted.get(axis) - realised.get(axis);
        if (Math.abs(axis.share(missing)) <= TOLERANCE / 2) {
            return target.get(axis); // its noise is none of the target's business
        }
        double slope = 1;
        if (earlier != null && earlierTarget != null) {
            double change = target.get(axis) - earlierTarget.get(axis);
            if (Math.abs(axis.share(change)) > NO_CHANGE) {
                slope = (realised.get(axis) - earlier.realised().get(axis)) / change;
            }
        }
        return target.get(axis) + missing / Math.clamp(slope, LEAST_SLOPE, GREATEST_SLOPE);
    }

    private static Budget within(ActionGrid grid, double attn, double mlp, double bits) {
        return new Budget(grid.clamp(Axis.ATTN, attn), grid.clamp(Axis.MLP, mlp), grid.clamp(Axis.BITS, bits));
    }

    /** The largest distance on any axis, as a share of dense. */
    static double distance(Budget one, Budget other) {
        double largest = 0;
        for (Axis axis : Axis.values()) {
            largest = Math.max(largest, Math.abs(axis.share(one.get(axis) - other.get(axis))));
        }
        return largest;
    }
}
