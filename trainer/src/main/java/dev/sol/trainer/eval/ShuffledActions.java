package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * <i>Random</i> with the action frequencies of a policy: as often as the policy took an action in all windows together, so often it
 * is taken here, but at random steps. What the policy gains over it, it gains by choosing the tokens.
 *
 * <p>The actions, sorted, are dealt to the windows in turn, as cards are, so that each window gets about the same of them; within a
 * window their order is random. Without this, windows would differ in what they spend, which alone costs quality, as loss is convex.
 */
final class ShuffledActions {
    private final ActionGrid grid;
    private final int[] pool; // sorted numbers of actions
    private final int[] steps; // [windows]
    private final long seed;

    /**
     * @param counts [grid size] how often each action was taken
     * @param steps [windows to deal to] effective steps of each
     * @throws IllegalArgumentException if the counts do not add up to the steps of all windows
     */
    ShuffledActions(ActionGrid grid, long[] counts, int[] steps, long seed) {
        int all = Arrays.stream(steps).sum();
        if (Arrays.stream(counts).sum() != all) {
            throw new IllegalArgumentException("%d actions for %d windows of %d steps in all"
                    .formatted(Arrays.stream(counts).sum(), steps.length, all));
        }
        this.grid = grid;
        this.steps = steps.clone();
        this.seed = seed;
        this.pool = new int[all];
        int next = 0;
        for (int action = 0; action < counts.length; action++) {
            int end = next + (int) counts[action];
            Arrays.fill(pool, next, end, action);
            next = end;
        }
    }

    /** The mean of the actions. */
    Budget mean() {
        return new Budget(mean(pool, Axis.ATTN), mean(pool, Axis.MLP), mean(pool, Axis.BITS));
    }

    private double mean(int[] actions, Axis axis) {
        double sum = 0;
        for (int action : actions) {
            sum += grid.action(action).get(axis);
        }
        return Math.min(axis.dense(), sum / actions.length);
    }

    /**
     * Deals.
     *
     * @param target mean of the actions: where it differs from {@link #mean}, as many random ones as it takes move to the next grid
     *     value
     */
    Spender spender(String name, Budget target) {
        int[] actions = pool.clone();
        for (Axis axis : Axis.values()) {
            move(actions, axis, target.get(axis));
        }
        Arrays.sort(actions);
        int[][] dealt = deal(actions);
        List<Schedule> schedules = new ArrayList<>(steps.length);
        for (int[] own : dealt) {
            schedules.add(new Schedule(
                    name, grid, Arrays.stream(own).mapToObj(grid::action).toList()));
        }
        return new Spender(name, schedules::get, target);
    }

    /** In rounds, in each of which every window that is not full gets one of as many neighbours: which, and when it takes it, is random. */
    private int[][] deal(int[] sorted) {
        RandomGenerator random = Shuffle.random(seed);
        int[][] dealt = new int[steps.length][];
        Arrays.setAll(dealt, window -> new int[steps[window]]);
        int next = 0;
        for (int round = 0; next < sorted.length; round++) {
            int place = round;
            int[] open = IntStream.range(0, steps.length)
                    .filter(window -> place < steps[window])
                    .toArray();
            int[] cards = Arrays.copyOfRange(sorted, next, next + open.length);
            Shuffle.shuffle(cards, random);
            for (int i = 0; i < open.length; i++) {
                dealt[open[i]][round] = cards[i];
            }
            next += open.length;
        }
        for (int[] own : dealt) {
            Shuffle.shuffle(own, random);
        }
        return dealt;
    }

    /** Moves values of one axis by one place on the grid until the mean is as near to the target as such moves can bring it. */
    private void move(int[] actions, Axis axis, double target) {
        double owed = (target - mean(actions, axis)) * actions.length;
        double[] values = grid.values(axis);
        int[] order = new int[actions.length];
        Arrays.setAll(order, i -> i);
        RandomGenerator random = Shuffle.random(seed);
        Shuffle.shuffle(order, random);
        for (int i : order) {
            Action action = grid.action(actions[i]);
            int place = Arrays.binarySearch(values, action.get(axis)) + (owed > 0 ? 1 : -1);
            if (place < 0 || place == values.length) {
                continue;
            }
            double step = values[place] - action.get(axis);
            if (Math.abs(owed - step) >= Math.abs(owed)) {
                continue; // too large a step, or nothing is owed any more
            }
            actions[i] = grid.indexOf(with(action, axis, values[place]));
            owed -= step;
        }
    }

    private static Action with(Action action, Axis axis, double value) {
        return switch (axis) {
            case ATTN -> new Action(value, action.mlpKeep(), action.actBits());
            case MLP -> new Action(action.attnKeep(), value, action.actBits());
            case BITS -> new Action(action.attnKeep(), action.mlpKeep(), (int) value);
        };
    }
}
