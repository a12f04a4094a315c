package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.ObservedState;
import dev.sol.runtime.PolicyRun;
import dev.sol.runtime.TokenScore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Teacher-forced losses under a policy. The prefix of a {@link Passage} is dense and not scored. Every later token is a decode step: the
 * policy chooses its action from what it would see when serving ({@link PolicyRun}), it leaves its pruned keys and values in the cache,
 * and it is scored on the token after it. Steps that are not effective are dense and do not count, as in serving.
 *
 * <p>As many passages as the model has lanes take their steps together; each has its own policy session and budget. Policies that look at
 * nothing ({@link OpenLoop}) need no steps, and go through {@link ForcedBatches} if there are any. For one thread.
 */
final class PolicyEvaluation {
    private final Lockstep model;
    private final @Nullable ForcedBatches batches;
    private final List<Passage> passages;
    private final int refresh;
    private final boolean hits;

    /** Of passages that take their steps one by one, without refresh. */
    PolicyEvaluation(Lockstep model, List<Passage> passages) {
        this(model, null, passages, 0, false);
    }

    /**
     * @param batches of the same model and knobs; null: every policy takes steps
     * @param passages at least one
     * @param refresh the newest tokens are computed again, densely, after so many steps; 0: never
     * @param hits whether it is asked if labels are the likeliest tokens
     */
    PolicyEvaluation(
            Lockstep model, @Nullable ForcedBatches batches, List<Passage> passages, int refresh, boolean hits) {
        if (passages.isEmpty()) {
            throw new IllegalArgumentException("there are no windows");
        }
        this.model = model;
        this.batches = refresh > 0 ? null : batches;
        this.passages = List.copyOf(passages);
        this.refresh = refresh;
        this.hits = hits;
    }

    /** The same model on other passages. */
    PolicyEvaluation on(List<Passage> others) {
        return new PolicyEvaluation(model, batches, others, refresh, hits);
    }

    /** What is evaluated. */
    List<Passage> passages() {
        return passages;
    }

    /** Scored tokens of all passages. */
    long tokens() {
        return passages.stream().mapToLong(Passage::steps).sum();
    }

    /** [passages] Effective steps of each. */
    int[] effectiveSteps() {
        return passages.stream()
                .mapToInt(passage -> passage.effectiveSteps(model.forcedPositions()))
                .toArray();
    }

    /**
     * Measures.
     *
     * @param seed of the policies' random choices; each passage has its own
     * @param progress told how many tokens were scored since it was told last
     * @throws IllegalArgumentException if a policy cannot work towards the target
     * @throws java.util.concurrent.CancellationException when the model was cancelled
     * @throws dev.sol.runtime.ModelException if the logits are not finite
     */
    Measured run(Spender spender, long seed, IntConsumer progress) {
        Tally tally = new Tally(passages, spender.policies().apply(0).grid(), hits);
        if (batches != null && spender.isOpenLoop()) {
            batches.run(passages, spender, tally, progress);
            return tally.measured();
        }
        // Of equal length together, so that lanes end together; windows stay in their order.
        int[] order = IntStream.range(0, passages.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> -passages.get(i).steps()))
                .mapToInt(i -> i)
                .toArray();
        for (int first = 0; first < order.length; first += model.lanes()) {
            int[] members = Arrays.copyOfRange(order, first, Math.min(first + model.lanes(), order.length));
            Arrays.sort(members); // neighbours may share a prefix
            new Group(members, spender, seed).run(tally, progress);
        }
        return tally.measured();
    }

    /** Passages that take their steps together. */
    private final class Group {
        private final int[] members; // [lanes] numbers of passages
        private final List<PolicyRun> runs = new ArrayList<>();
        private final List<LaneState> states = new ArrayList<>();

        Group(int[] members, Spender spender, long seed) {
            this.members = members;
            for (int lane = 0; lane < members.length; lane++) {
                ComputePolicy policy = spender.policies().apply(members[lane]);
                runs.add(new PolicyRun(
                        policy,
                        spender.target(),
                        passage(lane).steps(),
                        model.embeddingLength(),
                        model.reach(),
                        seed + members[lane]));
                states.add(new LaneState(lane));
            }
        }

        private Passage passage(int lane) {
            return passages.get(members[lane]);
        }

        void run(Tally tally, IntConsumer progress) {
            model.start(
                    IntStream.range(0, members.length).mapToObj(this::passage).toList());
            int[] lanes = IntStream.range(0, members.length).toArray();
            see(lanes, 0);
            for (int step = 0; lanes.length > 0; step++) {
                long start = System.nanoTime();
                List<Action> actions = choose(lanes, step);
                long chosen = System.nanoTime();
                model.step(lanes, actions);
                long decoded = System.nanoTime();
                book(lanes, step, actions, tally);
                long booked = System.nanoTime();

                List<TokenScore> scores = see(lanes, step + 1);
                for (int i = 0; i < lanes.length; i++) {
                    tally.score(members[lanes[i]], step, scores.get(i).logProbability());
                    if (hits) {
                        tally.hit(members[lanes[i]], step, model.isLikeliest(lanes[i], label(lanes[i], step + 1)));
                    }
                }
                long scored = System.nanoTime();
                if (refresh > 0 && (step + 1) % refresh == 0) {
                    model.refresh(lanes, refresh);
                    see(lanes, step + 1);
                }
                tally.time(booked - start + System.nanoTime() - scored, chosen - start + booked - decoded);
                progress.accept(lanes.length);
                int next = step + 1;
                lanes = Arrays.stream(lanes)
                        .filter(lane -> next < passage(lane).steps())
                        .toArray();
            }
            for (int lane = 0; lane < runs.size(); lane++) {
                tally.end(members[lane], runs.get(lane).tracker());
            }
        }

        /** Scores the tokens after so many steps, and remembers how unsure the model was of them. */
        private List<TokenScore> see(int[] lanes, int steps) {
            int[] labels = Arrays.stream(lanes).map(lane -> label(lane, steps)).toArray();
            List<TokenScore> scores = model.score(lanes, labels);
            for (int i = 0; i < lanes.length; i++) {
                states.get(lanes[i]).entropy = scores.get(i).entropy() / Math.log(model.vocabularySize());
            }
            return scores;
        }

        private int label(int lane, int steps) {
            return passage(lane).tokens()[passage(lane).prefix() + steps];
        }

        private boolean isEffective(int lane, int step) {
            return step >= passage(lane).firstEffective(model.forcedPositions());
        }

        private List<Action> choose(int[] lanes, int step) {
            List<Action> actions = new ArrayList<>(lanes.length);
            for (int lane : lanes) {
                int token = passage(lane).tokens()[passage(lane).prefix() + step];
                actions.add(
                        isEffective(lane, step) ? runs.get(lane).choose(step, token, states.get(lane)) : Action.DENSE);
            }
            return actions;
        }

        private void book(int[] lanes, int step, List<Action> actions, Tally tally) {
            for (int i = 0; i < lanes.length; i++) {
                if (isEffective(lanes[i], step)) {
                    runs.get(lanes[i]).book(actions.get(i), model.usage(lanes[i]));
                    tally.choice(members[lanes[i]], step, actions.get(i));
                }
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
}
