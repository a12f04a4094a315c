package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.trainer.metrics.WindowLosses;
import java.util.Arrays;

/**
 * What an evaluation found. Not to be changed.
 *
 * @param nll [passages][steps] −log p of each scored token, in nats
 * @param realised means over the effective steps of all passages, from the native counters; dense without any
 * @param chosen means of what the policy chose in these steps; dense without any
 * @param perWindow [passages] the realised means of each, in their order
 * @param grid of the policy
 * @param choices [passages][steps] the number of the action on the grid; −1: not effective, or not on the grid
 * @param hits [passages][steps] whether the label was the likeliest token; [0] if nobody asked
 * @param stepMillis [steps] how long each took, of all passages that were in it: policy and decode; empty if they were not apart
 * @param policyMillis the mean time that the policy took for a token
 */
@SuppressWarnings("ArrayRecordComponent") // of a hundred thousand numbers; compared nowhere
record Measured(
        float[][] nll,
        Budget realised,
        Budget chosen,
        Budget[] perWindow,
        ActionGrid grid,
        int[][] choices,
        boolean[][] hits,
        double[] stepMillis,
        double policyMillis) {

    /** [grid size] How often each action was chosen. */
    long[] actions() {
        long[] counts = new long[grid.size()];
        for (int[] window : choices) {
            for (int choice : window) {
                if (choice >= 0) {
                    counts[choice]++;
                }
            }
        }
        return counts;
    }

    /** For statistics over windows. */
    WindowLosses losses() {
        double[] nats = new double[nll.length];
        double[] tokens = new double[nll.length];
        for (int i = 0; i < nll.length; i++) {
            for (float token : nll[i]) {
                nats[i] += token;
            }
            tokens[i] = nll[i].length;
        }
        return new WindowLosses(nats, tokens);
    }

    /** How often each value of one axis was chosen, in the order of {@link ActionGrid#values}. */
    long[] histogram(Axis axis) {
        double[] values = grid.values(axis);
        long[] counts = new long[values.length];
        long[] actions = actions();
        for (int i = 0; i < actions.length; i++) {
            if (actions[i] > 0) {
                Action action = grid.action(i);
                counts[Arrays.binarySearch(values, action.get(axis))] += actions[i];
            }
        }
        return counts;
    }
}
