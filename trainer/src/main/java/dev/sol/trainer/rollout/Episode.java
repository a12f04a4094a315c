package dev.sol.trainer.rollout;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.ActionDistribution;
import dev.sol.policy.learned.PolicyFeatures;
import dev.sol.policy.learned.PolicyNetwork;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.runtime.Batch;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.LogProbabilities;
import dev.sol.runtime.Model;
import dev.sol.runtime.TokenScore;
import dev.sol.runtime.cost.CostModel;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Some lanes side by side, from the first step to the last: in each step their policies are computed together, and their tokens are
 * one batch.
 */
final class Episode {
    private final Model model;
    private final InferenceContext context;
    private final PolicyNetwork network;
    private final double temperature;
    private final BooleanSupplier cancelled;
    private final @Nullable LogProbabilities reference;
    private final @Nullable CostModel costs;

    /**
     * @param reference the dense distributions of the labels, if the reward compares with them
     * @param costs what steps cost, if that is wanted
     */
    Episode(
            Model model,
            InferenceContext context,
            PolicyNetwork network,
            double temperature,
            BooleanSupplier cancelled,
            @Nullable LogProbabilities reference,
            @Nullable CostModel costs) {
        this.model = model;
        this.context = context;
        this.network = network;
        this.temperature = temperature;
        this.cancelled = cancelled;
        this.reference = reference;
        this.costs = costs;
    }

    /**
     * Runs the lanes.
     *
     * @param lanes of items with equally many steps; those of an item follow each other
     * @param tapes [lanes] where each is written
     * @param rows [lanes] of the first step in the reference
     * @return nanoseconds that the steps took
     */
    long run(List<Lane> lanes, List<Tape> tapes, int[] rows) {
        load(lanes);
        long start = System.nanoTime();
        int steps = lanes.getFirst().prefix().item().steps();
        Step step = new Step(lanes, tapes, rows);
        for (int t = 0; t < steps; t++) {
            if (cancelled.getAsBoolean()) {
                throw ModelRollouts.cancellation();
            }
            step.run(t);
        }
        return System.nanoTime() - start;
    }

    /** Lane i is sequence i; the lanes of an item share the cells of its prefix. */
    @SuppressWarnings("ReferenceEquality") // an item may be there twice, each with a prefix of its own
    private void load(List<Lane> lanes) {
        context.clear();
        int owner = 0;
        for (int i = 0; i < lanes.size(); i++) {
            Prefix prefix = lanes.get(i).prefix();
            if (i == 0 || prefix != lanes.get(owner).prefix()) {
                owner = i;
                context.loadSequence(i, prefix.state());
            } else {
                context.copySequence(owner, i, -1, -1);
            }
        }
    }

    /** The arrays of a step, which all steps use. */
    private final class Step {
        private final List<Lane> lanes;
        private final List<Tape> tapes;
        private final int[] firstRow;
        private final PolicySpec spec = network.spec();
        private final ActionGrid grid = spec.grid();
        private final PolicyNetwork.Lanes states;
        private final ActionDistribution distribution = new ActionDistribution(spec);
        private final Draws draws = new Draws();
        private final float[] embedding = new float[context.embeddingLength()];
        private final int forced = context.options().knobs().forcedPositions();
        private final int[] chosen; // [lanes] number of the action, −1 if the step is not effective
        private final int[] asked; // [≤ lanes] those with an effective step
        private final int[] previous;
        private final float[] features;
        private final float[] logits;
        private final int[] outputs;
        private final int[] labels;
        private final int[] rows;

        Step(List<Lane> lanes, List<Tape> tapes, int[] firstRow) {
            this.lanes = lanes;
            this.tapes = tapes;
            this.firstRow = firstRow;
            int n = lanes.size();
            states = network.lanes(n);
            chosen = new int[n];
            asked = new int[n];
            previous = new int[n];
            features = new float[n * spec.features()];
            logits = new float[n * spec.logits()];
            outputs = new int[n];
            labels = new int[n];
            rows = new int[n];
        }

        void run(int t) {
            choose(t, observe(t));
            decode(t);
            end(t);
        }

        /** @return how many lanes have an effective step */
        private int observe(int t) {
            int count = 0;
            int embedded = -1;
            for (int i = 0; i < lanes.size(); i++) {
                Lane lane = lanes.get(i);
                chosen[i] = -1;
                if (lane.position(t) + 1 <= forced) {
                    continue;
                }
                if (lane.token(t) != embedded) { // once for all lanes of an item
                    embedded = lane.token(t);
                    model.tokenEmbedding(embedded, embedding);
                }
                PolicyFeatures.write(
                        spec, lane.observe(t, embedding), states.position(i), features, count * spec.features());
                previous[count] = lane.previous();
                asked[count++] = i;
            }
            return count;
        }

        private void choose(int t, int count) {
            if (count == 0) {
                return;
            }
            network.forward(states, asked, count, features, previous, logits);
            for (int j = 0; j < count; j++) {
                int i = asked[j];
                Lane lane = lanes.get(i);
                distribution.set(logits, j * spec.logits(), temperature);
                int action = distribution.sample(draws.at(lane.prefix().item(), lane.schedule(), t));
                chosen[i] = action;
                tapes.get(i)
                        .choose(
                                lane.schedule(),
                                t,
                                features,
                                j * spec.features(),
                                previous[j],
                                action,
                                distribution.logProbability(action));
            }
        }

        private Action action(int lane) {
            return chosen[lane] < 0 ? Action.DENSE : grid.action(chosen[lane]);
        }

        private void decode(int t) {
            Batch batch = context.batch();
            batch.clear();
            for (int i = 0; i < lanes.size(); i++) {
                Lane lane = lanes.get(i);
                outputs[i] = batch.add(lane.token(t), lane.position(t), i, true, action(i));
                labels[i] = lane.label(t);
                rows[i] = firstRow[i] + t;
            }
            context.decode();
        }

        private void end(int t) {
            List<TokenScore> scores = reference == null
                    ? context.score(outputs, labels)
                    : context.score(outputs, labels, reference, rows);
            for (int i = 0; i < lanes.size(); i++) {
                Lane lane = lanes.get(i);
                Action action = action(i);
                int before = lane.previous();
                Budget used = chosen[i] < 0 ? Budget.DENSE : lane.run().book(action, context.usage(outputs[i]));
                TokenScore score = scores.get(i);
                tapes.get(i).end(lane.schedule(), t, before, used, score);
                if (costs != null) {
                    int depth = lane.position(t);
                    tapes.get(i)
                            .price(lane.schedule(), t, costs.millis(action, depth) / costs.millis(Action.DENSE, depth));
                }
                lane.decoded(outputs[i], score.entropy(), chosen[i]);
            }
        }
    }
}
