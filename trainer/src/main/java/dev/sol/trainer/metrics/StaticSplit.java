package dev.sol.trainer.metrics;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The best static split of a net budget over the three axes, found by measuring static actions.
 *
 * <ol>
 *   <li>The loss over each axis, the others dense ({@link AxisCurve}); if losses added up, the best split would be {@link
 *       SplitPath#greedy}.
 *   <li>They do not quite: the same curves once more, the others where that split has them at the middle net, give a second one.
 *   <li>At {@value #CHECKED} nets both, their mean, equal shares, and the means with these are measured as they are. The choice
 *       with the least sum of losses among those in which no axis falls while the net rises is the result.
 * </ol>
 *
 * Targets are in what is realised, which can be more than what is asked for: a page or a position at least is always attended.
 */
public final class StaticSplit {
    /** Nets at which splits are compared. */
    static final int CHECKED = 17;

    /** Where axes are measured, as parts of their grid: losses rise steeply at its low end. */
    private static final double[] PLACES = {0, .05, .1, .16, .26, .37, .53, .74, 1};

    private static final Axis[] AXES = Axis.values();
    private static final double DENSER_BELOW = 1.5; // the lower the net, the more a little more of it changes
    private static final double SAME = .01; // splits nearer than this are one
    private static final double SLACK = 1e-9;

    /** Told how far it is. */
    @FunctionalInterface
    public interface Progress {
        /**
         * Another action was measured.
         *
         * @param done so far
         * @param most an upper bound of how many there will be
         */
        void measured(int done, int most);
    }

    /**
     * A split.
     *
     * @param target by axis
     * @param nats per token of it; NaN for one that a budget may ask for but no action realises
     */
    public record Row(Budget target, double nats) {}

    private final ActionGrid grid;
    private final StaticLoss loss;
    private final Progress progress;
    private final Map<Action, StaticLoss.Measured> known = new HashMap<>();
    private int done;

    private StaticSplit(ActionGrid grid, StaticLoss loss, Progress progress) {
        this.grid = grid;
        this.loss = loss;
        this.progress = progress;
    }

    /**
     * Measures.
     *
     * @param grid whose range the splits keep to; its values are where axes are measured
     * @return by ascending net, from the grid's least to its greatest; no axis falls. At least 15 rows unless the grid has a
     *     single action
     * @throws java.util.concurrent.CancellationException if {@code loss} was ended
     */
    public static List<Row> find(ActionGrid grid, StaticLoss loss, Progress progress) {
        return new StaticSplit(grid, loss, progress).find();
    }

    private List<Row> find() {
        double[] dense = shares(grid::maximum);
        if (grid.size() == 1) {
            return List.of(new Row(budget(dense), measure(action(dense)).nats()));
        }
        AxisCurve[] apart = curves(dense);
        SplitPath additive = SplitPath.greedy(apart);
        double[] middle = additive.at((additive.lowest() + additive.highest()) / 2);
        SplitPath together = SplitPath.greedy(curves(requests(apart, middle)));
        return table(apart, List.of(additive, together));
    }

    /** @param others what is asked for on the axes that are not measured, in shares */
    private AxisCurve[] curves(double[] others) {
        AxisCurve[] curves = new AxisCurve[AXES.length];
        for (int axis = 0; axis < AXES.length; axis++) {
            double[] values = places(grid.values(AXES[axis]));
            double[] requested = new double[values.length];
            double[] realised = new double[values.length];
            double[] nats = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                double[] shares = others.clone();
                shares[axis] = AXES[axis].share(values[i]);
                StaticLoss.Measured measured = measure(action(shares));
                requested[i] = shares[axis];
                realised[i] = AXES[axis].share(measured.realised().get(AXES[axis]));
                nats[i] = measured.nats();
            }
            curves[axis] = AxisCurve.of(requested, realised, nats);
        }
        return curves;
    }

    private static double[] places(double[] values) {
        return Arrays.stream(PLACES)
                .mapToInt(place -> (int) Math.round(place * (values.length - 1)))
                .distinct()
                .mapToDouble(i -> values[i])
                .toArray();
    }

    private static double[] requests(AxisCurve[] curves, double[] realised) {
        return IntStream.range(0, AXES.length)
                .mapToDouble(axis -> curves[axis].request(realised[axis]))
                .toArray();
    }

    /** A split that may be chosen. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Candidate(double[] shares, double nats) {
        boolean isAtLeast(Candidate other) {
            return IntStream.range(0, AXES.length).allMatch(axis -> shares[axis] >= other.shares[axis] - SLACK);
        }
    }

    private List<Row> table(AxisCurve[] curves, List<SplitPath> paths) {
        double low = paths.getFirst().lowest();
        double high = paths.getFirst().highest();
        List<List<Candidate>> stages = new ArrayList<>();
        for (int i = 0; i < CHECKED; i++) {
            double part = Math.pow((double) i / (CHECKED - 1), DENSER_BELOW);
            stages.add(candidates(curves, paths, low + (high - low) * part));
        }
        List<Candidate> chosen = cheapest(stages);

        List<Row> rows = new ArrayList<>();
        double[] least = shares(grid::minimum);
        if (SplitPath.net(least) < low - SLACK) { // nobody realises it, but a budget may ask for it
            rows.add(new Row(budget(least), Double.NaN));
        }
        for (Candidate candidate : chosen) {
            rows.add(new Row(budget(candidate.shares()), candidate.nats()));
        }
        return rows;
    }

    private List<Candidate> candidates(AxisCurve[] curves, List<SplitPath> paths, double net) {
        double[] equal = equal(curves, net);
        List<double[]> splits = new ArrayList<>();
        for (SplitPath path : paths) {
            splits.add(path.at(net));
        }
        splits.add(mean(splits.get(0), splits.get(1)));
        splits.add(mean(splits.get(0), equal));
        splits.add(mean(splits.get(1), equal));
        splits.add(equal);
        List<Candidate> candidates = new ArrayList<>();
        for (double[] split : splits) {
            if (Math.abs(SplitPath.net(split) - net) < SAME / AXES.length
                    && candidates.stream().noneMatch(other -> distance(other.shares(), split) < SAME)) {
                candidates.add(new Candidate(split, nats(requests(curves, split))));
            }
        }
        return candidates;
    }

    /** Every axis at the same share, where its curve goes that far. */
    private static double[] equal(AxisCurve[] curves, double net) {
        double low = 0;
        double high = 1;
        for (int i = 0; i < 50; i++) { // a bisection, to the last bits of a double
            double level = (low + high) / 2;
            if (SplitPath.net(level(curves, level)) < net) {
                low = level;
            } else {
                high = level;
            }
        }
        return level(curves, high);
    }

    private static double[] level(AxisCurve[] curves, double share) {
        return Arrays.stream(curves)
                .mapToDouble(curve -> Math.clamp(share, curve.x(0), curve.x(curve.corners() - 1)))
                .toArray();
    }

    /** One of each stage, none of which takes from an axis what the one before gave it. The first path is always one. */
    private static List<Candidate> cheapest(List<List<Candidate>> stages) {
        double[][] cost = new double[stages.size()][];
        int[][] from = new int[stages.size()][];
        for (int stage = 0; stage < stages.size(); stage++) {
            List<Candidate> here = stages.get(stage);
            cost[stage] = new double[here.size()];
            from[stage] = new int[here.size()];
            for (int i = 0; i < here.size(); i++) {
                double before = stage == 0 ? 0 : Double.POSITIVE_INFINITY;
                for (int j = 0; stage > 0 && j < stages.get(stage - 1).size(); j++) {
                    if (cost[stage - 1][j] < before
                            && here.get(i).isAtLeast(stages.get(stage - 1).get(j))) {
                        before = cost[stage - 1][j];
                        from[stage][i] = j;
                    }
                }
                cost[stage][i] = before + here.get(i).nats();
            }
        }
        List<Candidate> chosen = new ArrayList<>();
        double[] last = cost[stages.size() - 1];
        int i = IntStream.range(0, last.length)
                .boxed()
                .min(Comparator.comparingDouble(j -> last[j]))
                .orElseThrow();
        for (int stage = stages.size() - 1; stage >= 0; stage--) {
            chosen.add(stages.get(stage).get(i));
            i = from[stage][i];
        }
        return chosen.reversed();
    }

    /** The loss of what is asked for; bits that are no integer are mixed of the two next to them. */
    private double nats(double[] requested) {
        double bits = Axis.BITS.ofShare(requested[2]);
        double below = Math.floor(bits + SLACK);
        double weight = Math.max(0, bits - below);
        double nats = measure(action(requested)).nats();
        if (weight < SLACK) {
            return nats;
        }
        double[] above = requested.clone();
        above[2] = Axis.BITS.share(below + 1);
        return (1 - weight) * nats + weight * measure(action(above)).nats();
    }

    private StaticLoss.Measured measure(Action action) {
        StaticLoss.Measured measured = known.get(action);
        if (measured == null) {
            measured = loss.of(action);
            known.put(action, measured);
            progress.measured(++done, 2 * AXES.length * PLACES.length + 12 * CHECKED);
        }
        return measured;
    }

    private static Action action(double[] shares) {
        return new Action(shares[0], shares[1], (int) Math.floor(Axis.BITS.ofShare(shares[2]) + SLACK));
    }

    private Budget budget(double[] shares) {
        return new Budget(clamp(Axis.ATTN, shares[0]), clamp(Axis.MLP, shares[1]), clamp(Axis.BITS, shares[2]));
    }

    private double clamp(Axis axis, double share) {
        return grid.clamp(axis, axis.ofShare(share));
    }

    private static double[] shares(ToDoubleFunction<Axis> values) {
        return Arrays.stream(AXES)
                .mapToDouble(axis -> axis.share(values.applyAsDouble(axis)))
                .toArray();
    }

    private static double[] mean(double[] one, double[] other) {
        return IntStream.range(0, AXES.length)
                .mapToDouble(axis -> (one[axis] + other[axis]) / 2)
                .toArray();
    }

    private static double distance(double[] one, double[] other) {
        return IntStream.range(0, AXES.length)
                .mapToDouble(axis -> Math.abs(one[axis] - other[axis]))
                .max()
                .orElseThrow();
    }
}
