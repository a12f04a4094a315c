package dev.sol.trainer.grpo;

import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.trainer.rollout.EpisodeTexts;
import dev.sol.trainer.rollout.Rollouts;
import dev.sol.trainer.rollout.Trajectory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * Group relative policy optimisation, update by update: schedules are tried on inputs, what they did better or worse than each
 * other becomes a gradient, and the policy moves. An update depends on the state before it alone. One thread.
 */
public final class Trainer implements AutoCloseable {
    private static final double MILLIS = 1e3;

    private final PolicySpec spec;
    private final Recipe recipe;
    private final EpisodeTexts texts;
    private final Rollouts rollouts;
    private final Validation validation;
    private final InstantSource clock;
    private final PolicyGradient gradient;
    private final Set<String> matrices = new HashSet<>();

    /**
     * A trainer of one policy.
     *
     * @param texts what it is trained on
     * @param rollouts stay the caller's
     * @param clock for {@link Metric#TIME}
     */
    public Trainer(
            PolicySpec spec,
            Recipe recipe,
            EpisodeTexts texts,
            Rollouts rollouts,
            Validation validation,
            InstantSource clock) {
        this.spec = spec;
        this.recipe = recipe;
        this.texts = texts;
        this.rollouts = rollouts;
        this.validation = validation;
        this.clock = clock;
        this.gradient = new PolicyGradient(spec, recipe.objective());
        spec.shapes().forEach((name, shape) -> {
            if (shape.length > 1) {
                matrices.add(name);
            }
        });
    }

    /**
     * The state to start from: the static policy is what others have to beat, so it is measured first, and is the best until one
     * does.
     *
     * @throws java.util.concurrent.CancellationException if the validation was cancelled
     */
    public TrainingState start(PolicyWeights weights) {
        TrainingState state = TrainingState.initial(weights);
        double difference = validation.difference(weights);
        return new TrainingState(
                0,
                0,
                state.weights(),
                state.average(),
                state.memory(),
                new TrainingState.Best(0, difference, state.weights()),
                List.of());
    }

    /**
     * One update.
     *
     * @param last whether it is the run's last, whose policy is measured in any case
     * @return the state after it
     * @throws java.util.concurrent.CancellationException if rollouts or validation were cancelled; the update has then not
     *     happened
     */
    public TrainingState update(TrainingState state, boolean last) {
        PolicyWeights policy = state.policy(spec);
        List<Trajectory> trajectories = rollouts.run(
                recipe.episodes().items(texts, state.nextItem(), recipe.inputs()),
                policy,
                recipe.objective().temperature(),
                recipe.schedules());
        Map<Metric, Double> metrics =
                Summary.of(trajectories, recipe.advantages().penalties(), spec.grid());
        Moved moved = move(state, trajectories, metrics);
        long update = state.update() + 1;
        SortedMap<String, float[]> average = recipe.average().update(state.average(), moved.weights, update);
        double difference = Double.NaN;
        if (last || update % recipe.validateEvery() == 0) {
            difference = validation.difference(new PolicyWeights(spec, average));
        }
        metrics.put(Metric.VALIDATION, difference);
        metrics.put(Metric.TIME, clock.millis() / MILLIS);
        List<UpdateMetrics> history = new ArrayList<>(state.history());
        history.add(new UpdateMetrics(update, metrics));
        return new TrainingState(
                update,
                state.nextItem() + recipe.inputs(),
                moved.weights,
                average,
                moved.memory,
                best(state.best(), update, difference, average),
                history);
    }

    /** The new policy is the best if it is better, or if nothing is measured. */
    private static TrainingState.Best best(
            TrainingState.Best before, long update, double difference, SortedMap<String, float[]> weights) {
        boolean measured = !Double.isNaN(before.difference());
        return measured && !(difference < before.difference())
                ? before
                : new TrainingState.Best(update, difference, weights);
    }

    private record Moved(SortedMap<String, float[]> weights, AdamW.Memory memory) {}

    private Moved move(TrainingState state, List<Trajectory> trajectories, Map<Metric, Double> metrics) {
        Moved moved = new Moved(state.weights(), state.memory());
        EpisodeBatch batch =
                EpisodeBatch.of(spec, trajectories, recipe.advantages().of(trajectories, spec.grid()));
        if (batch.steps() == 0) {
            return moved;
        }
        for (int pass = 0; pass < recipe.passes(); pass++) {
            PolicyGradient.Result result = gradient.of(moved.weights, batch);
            double norm = Gradients.clip(result.gradients(), recipe.gradientNorm());
            AdamW.Updated updated =
                    recipe.optimiser().update(moved.weights, result.gradients(), moved.memory, matrices);
            moved = new Moved(updated.weights(), updated.memory());
            if (pass == 0) {
                metrics.put(Metric.LOSS, result.loss());
                metrics.put(Metric.ENTROPY, result.entropy());
                metrics.put(Metric.GRADIENT, norm);
            }
            metrics.put(Metric.CLIPPED, result.clipped());
            metrics.put(Metric.DIVERGENCE, result.divergence());
        }
        return moved;
    }

    @Override
    public void close() {
        gradient.close();
    }
}
