package dev.sol.trainer.eval;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.trainer.metrics.Perplexity;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.Interval;
import dev.sol.trainer.stats.PairedBootstrap;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the results: a policy, or a baseline that realised the same.
 *
 * @param place which
 * @param policy name
 * @param requested the targets of the policy
 * @param realised means over the effective steps
 * @param distance the largest distance on an axis, as a share: of a policy's realised means from the targets, of a baseline's from the
 *     policy's
 * @param matched whether a baseline realised what the policy did; true of a policy
 * @param losses by window
 * @param perplexity interval of it, over windows
 * @param difference the policy's loss less this one's, in nats per token; null of the policy itself, and without a match
 * @param histogram how often each grid value of an axis was chosen, in ascending order
 * @param cost of a token, by the model of it
 * @param millisPerToken a decode step in skip mode, policy included; null if not measured
 * @param policyMillis of these, what the policy took
 */
record Row(
        Place place,
        String policy,
        Budget requested,
        Budget realised,
        double distance,
        boolean matched,
        WindowLosses losses,
        Interval perplexity,
        @Nullable Difference difference,
        Map<Axis, long[]> histogram,
        TokenCost cost,
        @Nullable Double millisPerToken,
        double policyMillis) {

    /**
     * Where a row belongs.
     *
     * @param family what the knobs mean
     * @param against the policy whose realised means are matched; of dense its own name
     * @param budget the net keep rate that was asked for
     * @param name of the allocation
     */
    record Place(String family, String against, double budget, String name) {
        String id() {
            return "%s/%s/%s/%s".formatted(family, against, Double.toString(budget), name);
        }
    }

    /**
     * A paired difference of losses.
     *
     * @param nats mean over all tokens
     * @param interval of it
     */
    record Difference(double nats, Interval interval) {

        /** Whether the interval leaves no doubt about the sign. */
        boolean isClear() {
            return !interval.contains(0);
        }

        static Difference of(WindowLosses treated, WindowLosses baseline, PairedBootstrap bootstrap) {
            return new Difference(
                    treated.perplexity().mean() - baseline.perplexity().mean(),
                    bootstrap.meanDifference(treated.nats(), baseline.nats(), baseline.tokens()));
        }
    }

    /** The row with what its steps take. */
    Row withMillis(@Nullable Double value) {
        return new Row(
                place,
                policy,
                requested,
                realised,
                distance,
                matched,
                losses,
                perplexity,
                difference,
                histogram,
                cost,
                value,
                policyMillis);
    }

    /** The net keep rate that was asked for. */
    double budget() {
        return place.budget();
    }

    /** The interval of a perplexity: of windows drawn anew. */
    static Interval interval(WindowLosses losses, PairedBootstrap bootstrap) {
        double[] nats = losses.nats();
        return bootstrap
                .meanDifference(nats, new double[nats.length], losses.tokens())
                .map(Math::exp);
    }

    /** Of all axes. */
    static Map<Axis, long[]> histogram(Measured measured) {
        Map<Axis, long[]> histogram = new EnumMap<>(Axis.class);
        Arrays.stream(Axis.values()).forEach(axis -> histogram.put(axis, measured.histogram(axis)));
        return histogram;
    }

    /** Over all windows. */
    Perplexity mean() {
        return losses.perplexity();
    }
}
