package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.BudgetTracker;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Collects what an evaluation finds. For one thread. */
final class Tally {
    private final float[][] nll;
    private final int[][] choices;
    private final boolean[][] hits; // [0] if nobody asks
    private final Budget[] perWindow;
    private final ActionGrid grid;
    private final double[] stepMillis;
    private final AxisSums realised = new AxisSums();
    private final AxisSums chosen = new AxisSums();
    private int timed;
    private long effective;
    private long policyNanos;

    /** @param wantsHits whether {@link #hit} is told */
    Tally(List<Passage> passages, ActionGrid grid, boolean wantsHits) {
        this.nll = new float[passages.size()][];
        this.choices = new int[passages.size()][];
        this.hits = new boolean[wantsHits ? passages.size() : 0][];
        this.perWindow = new Budget[passages.size()];
        this.grid = grid;
        int steps = 0;
        for (int i = 0; i < nll.length; i++) {
            nll[i] = new float[passages.get(i).steps()];
            choices[i] = new int[nll[i].length];
            Arrays.fill(choices[i], -1);
            if (wantsHits) {
                hits[i] = new boolean[nll[i].length];
            }
            steps += nll[i].length;
        }
        this.stepMillis = new double[steps]; // of one lane; otherwise fewer are used
    }

    /** Of an effective step. */
    void choice(int passage, int step, Action action) {
        choices[passage][step] = grid.indexOf(action);
        chosen.add(action.attnKeep(), action.mlpKeep(), action.actBits(), 1);
        effective++;
    }

    void score(int passage, int step, double logProbability) {
        nll[passage][step] = (float) -logProbability;
    }

    /** Whether {@link #hit} is to be told. */
    boolean wantsHits() {
        return hits.length > 0;
    }

    void hit(int passage, int step, boolean isLikeliest) {
        hits[passage][step] = isLikeliest;
    }

    void time(long stepNanos, long policy) {
        stepMillis[timed++] = stepNanos / 1e6;
        policyNanos += policy;
    }

    void end(int passage, BudgetTracker tracker) {
        Optional<Budget> mean = tracker.realised();
        perWindow[passage] = mean.orElse(Budget.DENSE);
        mean.ifPresent(of -> realised.add(of.attn(), of.mlp(), of.bits(), tracker.steps()));
    }

    Measured measured() {
        return new Measured(
                nll,
                realised.mean(),
                chosen.mean(),
                perWindow,
                grid,
                choices,
                hits,
                Arrays.copyOf(stepMillis, timed),
                effective == 0 ? 0 : policyNanos / 1e6 / effective);
    }
}
