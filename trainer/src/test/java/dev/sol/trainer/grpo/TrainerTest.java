package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.trainer.rollout.Rollouts;
import dev.sol.trainer.rollout.Trajectory;
import dev.sol.trainer.rollout.WorkItem;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("native")
class TrainerTest {
    private static final int HORIZON = 8;
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);
    private static final PolicySpec SPEC = ToyRollouts.spec(HORIZON);

    private static Recipe recipe(Advantages.Level level, Advantages.Norm norm, int passes) {
        PerAxis tolerance = new PerAxis(.02, .02, .02);
        return new Recipe(
                new EpisodePlan(
                        3, HORIZON, 1, 4, ToyRollouts.GRID, new Budget(1, .45, 16), new Budget(1, .75, 16), .5, .1),
                4,
                16,
                new Advantages(
                        level,
                        norm,
                        true,
                        new Returns(.85, 0),
                        new Penalties(new PerAxis(100, 100, 200), tolerance),
                        false),
                new Objective(.2, .002, 1),
                new AdamW(4e-3, .01),
                2,
                passes,
                new WeightAverage(0),
                1000);
    }

    private static Trainer trainer(Recipe recipe, Rollouts rollouts) {
        return new Trainer(SPEC, recipe, (_, length) -> new int[length], rollouts, Validation.NONE, CLOCK);
    }

    @ParameterizedTest
    @CsvSource({"PROCESS, CENTER, 1", "OUTCOME, ZSCORE, 2"})
    void theOptimumOfAToyWorldIsFound(Advantages.Level level, Advantages.Norm norm, int passes) {
        Recipe recipe = recipe(level, norm, passes);
        TrainingState state;
        try (ToyRollouts toy = new ToyRollouts();
                Trainer trainer = trainer(recipe, toy)) {
            state = trainer.start(PolicyWeights.initial(SPEC, 3));
            for (int i = 0; i < 250; i++) {
                state = trainer.update(state, false);
            }
        }
        // On other episodes, without deviations to make up for. The static policy loses .5·(1 − v), about .2, of which
        // the best
        // loses nothing or little.
        EpisodePlan fresh = new EpisodePlan(
                4, HORIZON, 1, 4, ToyRollouts.GRID, new Budget(1, .45, 16), new Budget(1, .75, 16), 0, 0);
        List<Trajectory> trajectories;
        try (ToyRollouts toy = new ToyRollouts()) {
            trajectories = toy.run(fresh.items((_, length) -> new int[length], 0, 40), state.policy(SPEC), 1, 4);
        }
        Moments regret = new Moments();
        Moments miss = new Moments();
        for (Trajectory trajectory : trajectories) {
            for (int k = 0; k < trajectory.schedules(); k++) {
                double mean = Penalties.mean(trajectory, k, Axis.MLP);
                double reward = 0;
                for (int t = 0; t < HORIZON; t++) {
                    reward += trajectory.reward()[k * HORIZON + t] / HORIZON;
                }
                // Nothing is gained by spending more than was asked for.
                regret.add(ToyRollouts.best(mean) - reward);
                miss.add(Math.abs(mean - trajectory.item().target().mlp()));
            }
        }
        assertThat(regret.mean()).as("reward below the optimum").isLessThan(.05);
        assertThat(miss.mean()).as("missed budget").isLessThan(.075);
    }

    /** Plays one batch again and again. */
    private static final class Recorded implements Rollouts {
        private final List<Trajectory> trajectories;

        Recorded(List<Trajectory> trajectories) {
            this.trajectories = trajectories;
        }

        @Override
        public List<Trajectory> run(List<WorkItem> items, PolicyWeights weights, double temperature, int schedules) {
            return trajectories;
        }

        @Override
        public void close() {}
    }

    @Test
    void oneBatchIsLearntByHeart() {
        Recipe plan = recipe(Advantages.Level.PROCESS, Advantages.Norm.CENTER, 1);
        // Wide enough that nothing of the batch is clipped away.
        Recipe recipe = new Recipe(
                plan.episodes(),
                plan.inputs(),
                plan.schedules(),
                plan.advantages(),
                new Objective(1e6, 0, 1),
                plan.optimiser(),
                plan.gradientNorm(),
                1,
                plan.average(),
                1000);
        PolicyWeights initial = PolicyWeights.initial(SPEC, 3);
        List<Trajectory> batch;
        try (ToyRollouts toy = new ToyRollouts()) {
            batch = toy.run(plan.episodes().items((_, length) -> new int[length], 0, 2), initial, 1, 4);
        }
        List<Double> losses = new ArrayList<>();
        try (Trainer trainer = trainer(recipe, new Recorded(batch))) {
            TrainingState state = trainer.start(initial);
            for (int i = 0; i < 150; i++) {
                state = trainer.update(state, false);
                losses.add(state.history().getLast().get(Metric.LOSS));
            }
        }
        // Whitened advantages have mean 0, and all ratios are 1: the first loss is 0. Of what is good more, of what is
        // bad none.
        assertThat(losses.getFirst()).isBetween(-1e-4, 1e-4);
        assertThat(losses.getLast()).isLessThan(-.7);
    }

    @Test
    void theFirstPassIsWhatWasDrawnAndLaterPassesMove() {
        try (ToyRollouts toy = new ToyRollouts();
                Trainer once = trainer(recipe(Advantages.Level.PROCESS, Advantages.Norm.CENTER, 1), toy);
                Trainer often = trainer(recipe(Advantages.Level.PROCESS, Advantages.Norm.CENTER, 30), toy)) {
            TrainingState start = once.start(PolicyWeights.initial(SPEC, 3));
            UpdateMetrics one = once.update(start, false).history().getLast();
            UpdateMetrics many = often.update(start, false).history().getLast();
            assertThat(one.get(Metric.DIVERGENCE)).isBetween(-1e-6, 1e-6);
            assertThat(one.get(Metric.CLIPPED)).isZero();
            assertThat(many.get(Metric.LOSS)).isEqualTo(one.get(Metric.LOSS));
            assertThat(many.get(Metric.DIVERGENCE)).isGreaterThan(1e-3);
            assertThat(many.get(Metric.CLIPPED)).isGreaterThan(.05);
        }
    }

    private static Recipe everySecondMeasured() {
        Recipe plan = recipe(Advantages.Level.PROCESS, Advantages.Norm.CENTER, 1);
        return new Recipe(
                plan.episodes(),
                plan.inputs(),
                plan.schedules(),
                plan.advantages(),
                plan.objective(),
                plan.optimiser(),
                plan.gradientNorm(),
                1,
                plan.average(),
                2);
    }

    @Test
    void theStartIsKeptIfNothingIsBetter() {
        List<Double> differences = new ArrayList<>(List.of(.01, .02, .01));
        PolicyWeights initial = PolicyWeights.initial(SPEC, 3);
        try (ToyRollouts toy = new ToyRollouts();
                Trainer trainer = new Trainer(
                        SPEC,
                        everySecondMeasured(),
                        (_, length) -> new int[length],
                        toy,
                        _ -> differences.removeFirst(),
                        CLOCK)) {
            TrainingState state = trainer.start(initial);
            for (int update = 1; update <= 3; update++) {
                state = trainer.update(state, update == 3);
            }
            assertThat(differences).isEmpty();
            assertThat(state.best().update()).isZero();
            assertThat(state.bestPolicy(SPEC)).isEqualTo(initial).isNotEqualTo(state.policy(SPEC));
        }
    }

    @Test
    void theBestPolicyIsKeptWhateverComesAfterIt() {
        List<Double> differences = new ArrayList<>(List.of(0d, .1, -.2, -.1));
        Recipe recipe = everySecondMeasured();
        List<PolicyWeights> measured = new ArrayList<>();
        Validation validation = weights -> {
            measured.add(weights);
            return differences.removeFirst();
        };
        try (ToyRollouts toy = new ToyRollouts();
                Trainer trainer = new Trainer(SPEC, recipe, (_, length) -> new int[length], toy, validation, CLOCK)) {
            TrainingState state = trainer.start(PolicyWeights.initial(SPEC, 3));
            for (int update = 1; update <= 5; update++) {
                state = trainer.update(state, update == 5);
            }
            assertThat(differences).as("measured at 0, 2, 4 and the end").isEmpty();
            assertThat(state.best().update()).isEqualTo(4);
            assertThat(state.best().difference()).isEqualTo(-.2);
            assertThat(state.bestPolicy(SPEC)).isEqualTo(measured.get(2)).isNotEqualTo(state.policy(SPEC));
        }
    }

    @Test
    void anUpdateThatWasCancelledHasNotHappened() {
        try (ToyRollouts toy = new ToyRollouts();
                Trainer trainer = trainer(recipe(Advantages.Level.PROCESS, Advantages.Norm.CENTER, 1), toy)) {
            TrainingState state = trainer.start(PolicyWeights.initial(SPEC, 3));
            TrainingState next = trainer.update(state, false);
            PolicyWeights policy = next.policy(SPEC);
            toy.cancel();
            assertThatThrownBy(() -> trainer.update(next, false)).isInstanceOf(CancellationException.class);
            assertThat(next.policy(SPEC)).isEqualTo(policy);
            assertThat(next.update()).isEqualTo(1);
        }
    }
}
