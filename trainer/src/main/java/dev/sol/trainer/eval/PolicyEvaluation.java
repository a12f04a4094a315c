package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.BudgetTracker;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.ObservedState;
import dev.sol.runtime.PolicyRun;
import dev.sol.runtime.TokenScore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Teacher-forced losses under a policy. The prefix of a window is dense and not scored. Every later token is a decode step: the policy
 * chooses its action from what it would see when serving ({@link PolicyRun}), it leaves its pruned keys and values in the cache, and it
 * is scored on the token after it; the last token of a window is a label only. Steps that are not effective are dense and do not count,
 * as in serving.
 *
 * <p>As many windows as the model has lanes take their steps together; each has its own policy session and budget. For one thread.
 */
final class PolicyEvaluation {
    private final Lockstep model;
    private final List<int[]> windows;
    private final int prefix;
    private final int stretch;

    /**
     * @param windows of equal length
     * @param prefix the first tokens of each that are dense and not scored, at least 1
     * @throws IllegalArgumentException if the windows differ in length, or have nothing to score
     */
    PolicyEvaluation(Lockstep model, List<int[]> windows, int prefix) {
        if (windows.isEmpty()) {
            throw new IllegalArgumentException("there are no windows");
        }
        int length = windows.getFirst().length;
        if (windows.stream().anyMatch(window -> window.length != length)) {
            throw new IllegalArgumentException("windows differ in length");
        }
        if (prefix < 1 || prefix > length - 2) {
            throw new IllegalArgumentException(
                    "a prefix of %d tokens leaves nothing to score in %d".formatted(prefix, length));
        }
        this.model = model;
        this.windows = List.copyOf(windows);
        this.prefix = prefix;
        this.stretch = length - prefix - 1;
    }

    /** Steps of each window. */
    int stretch() {
        return stretch;
    }

    /** Scored tokens of all windows. */
    long tokens() {
        return (long) windows.size() * stretch;
    }

    /** Effective steps of each window. */
    int effectiveSteps() {
        // Step t sees prefix + t + 1 positions.
        return Math.clamp((long) prefix + stretch - model.forcedPositions(), 0, stretch);
    }

    /** The number of windows. */
    int windows() {
        return windows.size();
    }

    /**
     * Measures.
     *
     * @param seed of the policies' random choices; each window has its own
     * @param progress told how many tokens were scored since it was told last
     * @throws IllegalArgumentException if a policy cannot work towards the target
     * @throws java.util.concurrent.CancellationException when the model was cancelled
     * @throws dev.sol.runtime.ModelException if the logits are not finite
     */
    Measured run(Spender spender, long seed, IntConsumer progress) {
        Tally tally =
                new Tally(windows.size(), stretch, spender.policies().apply(0).grid());
        for (int first = 0; first < windows.size(); first += model.lanes()) {
            int last = Math.min(first + model.lanes(), windows.size());
            new Group(first, windows.subList(first, last), spender, seed).run(tally, progress);
        }
        return tally.measured();
    }

    /** Windows that take their steps together. */
    private final class Group {
        private final int first;
        private final List<int[]> members;
        private final List<PolicyRun> runs = new ArrayList<>();
        private final List<LaneState> states = new ArrayList<>();

        Group(int first, List<int[]> members, Spender spender, long seed) {
            this.first = first;
            this.members = members;
            for (int lane = 0; lane < members.size(); lane++) {
                ComputePolicy policy = spender.policies().apply(first + lane);
                runs.add(new PolicyRun(
                        policy,
                        spender.target(),
                        stretch,
                        model.embeddingLength(),
                        model.reach(),
                        seed + first + lane));
                states.add(new LaneState(lane));
            }
        }

        void run(Tally tally, IntConsumer progress) {
            model.start(members, prefix);
            see(prefix);
            for (int step = 0; step < stretch; step++) {
                int next = prefix + step;
                boolean effective = next + 1 > model.forcedPositions();
                int[] tokens = tokens(next);

                long start = System.nanoTime();
                List<Action> actions = effective ? choose(step, tokens) : dense();
                long chosen = System.nanoTime();
                model.step(tokens, actions);
                long decoded = System.nanoTime();
                if (effective) {
                    book(actions, tally);
                }
                long end = System.nanoTime();

                tally.time(end - start, effective ? chosen - start + end - decoded : 0);
                List<TokenScore> scores = see(next + 1);
                for (int lane = 0; lane < scores.size(); lane++) {
                    tally.score(first + lane, step, scores.get(lane));
                }
                progress.accept(scores.size());
            }
            for (int lane = 0; lane < runs.size(); lane++) {
                tally.end(first + lane, runs.get(lane).tracker());
            }
        }

        /** Scores the tokens at a position, and remembers how unsure the model was of them. */
        private List<TokenScore> see(int position) {
            List<TokenScore> scores = model.score(tokens(position));
            for (int lane = 0; lane < scores.size(); lane++) {
                states.get(lane).entropy = scores.get(lane).entropy() / Math.log(model.vocabularySize());
            }
            return scores;
        }

        private int[] tokens(int position) {
            return members.stream().mapToInt(window -> window[position]).toArray();
        }

        private List<Action> choose(int step, int[] tokens) {
            List<Action> actions = new ArrayList<>(tokens.length);
            for (int lane = 0; lane < tokens.length; lane++) {
                actions.add(runs.get(lane).choose(step, tokens[lane], states.get(lane)));
            }
            return actions;
        }

        private List<Action> dense() {
            return members.stream().map(_ -> Action.DENSE).toList();
        }

        private void book(List<Action> actions, Tally tally) {
            for (int lane = 0; lane < actions.size(); lane++) {
                runs.get(lane).book(actions.get(lane), model.usage(lane));
                tally.choice(actions.get(lane));
            }
        }
    }

    /** What a policy sees of one lane. */
    private final class LaneState implements ObservedState {
        private final int lane;
        private double entropy;

        LaneState(int lane) {
            this.lane = lane;
        }

        @Override
        public void hidden(float[] out) {
            model.hidden(lane, out);
        }

        @Override
        public void embedding(int token, float[] out) {
            model.embedding(token, out);
        }

        @Override
        public double entropy() {
            return entropy;
        }
    }

    /** Collects. */
    private static final class Tally {
        private final float[][] nll;
        private final Budget[] perWindow;
        private final ActionGrid grid;
        private final long[] actions;
        private final double[] stepMillis;
        private final AxisSums realised = new AxisSums();
        private final AxisSums chosen = new AxisSums();
        private int timed;
        private long effective;
        private long policyNanos;

        Tally(int windows, int stretch, ActionGrid grid) {
            this.nll = new float[windows][stretch];
            this.perWindow = new Budget[windows];
            this.grid = grid;
            this.actions = new long[grid.size()];
            this.stepMillis = new double[windows * stretch]; // of one lane; otherwise fewer are used
        }

        void choice(Action action) {
            int index = grid.indexOf(action);
            if (index >= 0) { // `dense` leaves a grid that has no dense action
                actions[index]++;
            }
            chosen.add(action.attnKeep(), action.mlpKeep(), action.actBits(), 1);
            effective++;
        }

        void score(int window, int step, TokenScore score) {
            nll[window][step] = -score.logProbability();
        }

        void time(long stepNanos, long policy) {
            stepMillis[timed++] = stepNanos / 1e6;
            policyNanos += policy;
        }

        void end(int window, BudgetTracker tracker) {
            Optional<Budget> mean = tracker.realised();
            perWindow[window] = mean.orElse(Budget.DENSE);
            mean.ifPresent(of -> realised.add(of.attn(), of.mlp(), of.bits(), tracker.steps()));
        }

        Measured measured() {
            return new Measured(
                    nll,
                    realised.mean(),
                    chosen.mean(),
                    perWindow,
                    grid,
                    actions,
                    Arrays.copyOf(stepMillis, timed),
                    effective == 0 ? 0 : policyNanos / 1e6 / effective);
        }
    }
}
