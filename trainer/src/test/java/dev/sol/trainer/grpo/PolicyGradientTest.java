package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.learned.ActionDistribution;
import dev.sol.policy.learned.PolicyNetwork;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.trainer.rollout.Trajectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("native")
class PolicyGradientTest {
    private static final Objective OBJECTIVE = new Objective(.2, .07, 1.3);

    static Stream<PolicySpec> specs() {
        return Stream.of(Samples.joint(true), Samples.perAxis(false));
    }

    private record Problem(PolicySpec spec, List<Trajectory> trajectories, List<double[]> advantages) {
        static Problem of(PolicySpec spec) {
            List<Trajectory> trajectories =
                    List.of(Samples.trajectory(spec, 3, 0, 5), Samples.trajectory(spec, 2, 1, 6));
            Random random = new Random(7);
            List<double[]> advantages = new ArrayList<>();
            for (Trajectory trajectory : trajectories) {
                advantages.add(random.doubles(trajectory.reward().length, -2, 2).toArray());
            }
            return new Problem(spec, trajectories, advantages);
        }

        EpisodeBatch batch() {
            return EpisodeBatch.of(spec, trajectories, advantages);
        }

        /** The loss by the definition, with the network that serves. */
        double loss(SortedMap<String, float[]> weights, Objective objective) {
            PolicyNetwork network = new PolicyNetwork(new PolicyWeights(spec, weights));
            ActionDistribution distribution = new ActionDistribution(spec);
            double sum = 0;
            int steps = 0;
            for (int b = 0; b < trajectories.size(); b++) {
                Trajectory trajectory = trajectories.get(b);
                PolicyNetwork.Lanes lanes = network.lanes(1);
                for (int i = 0; i < trajectory.reward().length; i++) {
                    if (i % trajectory.steps() == 0) {
                        lanes.restart(0);
                    }
                    if (!trajectory.effective()[i]) {
                        continue;
                    }
                    float[] features = new float[spec.features()];
                    System.arraycopy(trajectory.features(), i * features.length, features, 0, features.length);
                    float[] logits = new float[spec.logits()];
                    network.forward(
                            lanes,
                            new int[] {0},
                            1,
                            features,
                            new int[] {trajectory.previous()[i]},
                            logits);
                    distribution.set(logits, 0, objective.temperature());
                    double ratio =
                            Math.exp(distribution.logProbability(trajectory.actions()[i])
                                    - trajectory.logProbability()[i]);
                    double advantage = advantages.get(b)[i];
                    double clipped = Math.clamp(ratio, 1 - objective.clip(), 1 + objective.clip());
                    sum -= Math.min(ratio * advantage, clipped * advantage)
                            + objective.entropy() * distribution.entropy();
                    steps++;
                }
            }
            return sum / steps;
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void theLossIsTheDefinitions(PolicySpec spec) {
        Problem problem = Problem.of(spec);
        SortedMap<String, float[]> weights = Samples.weights(spec, 8);
        try (PolicyGradient gradient = new PolicyGradient(spec, OBJECTIVE)) {
            assertThat(gradient.of(weights, problem.batch()).loss())
                    .isCloseTo(problem.loss(weights, OBJECTIVE), within(1e-5));
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void gradientsAreFiniteDifferences(PolicySpec spec) {
        Problem problem = Problem.of(spec);
        SortedMap<String, float[]> weights = Samples.weights(spec, 8);
        SortedMap<String, float[]> gradients;
        try (PolicyGradient gradient = new PolicyGradient(spec, OBJECTIVE)) {
            gradients = gradient.of(weights, problem.batch()).gradients();
        }
        assertThat(gradients.keySet()).isEqualTo(spec.shapes().keySet());
        Random random = new Random(9);
        gradients.forEach((name, values) -> {
            // Along the gradient itself, where there is most to see, and along a random direction.
            double norm = norm(values);
            assertThat(norm).as(name).isGreaterThan(1e-5);
            assertSlope(problem, weights, name, values, norm, values);
            float[] direction = new float[values.length];
            for (int i = 0; i < direction.length; i++) {
                direction[i] = (float) random.nextGaussian();
            }
            assertSlope(problem, weights, name, values, norm, direction);
        });
    }

    private static void assertSlope(
            Problem problem,
            SortedMap<String, float[]> weights,
            String name,
            float[] gradient,
            double norm,
            float[] direction) {
        double step = 4e-3;
        double length = norm(direction);
        double expected = 0;
        for (int i = 0; i < gradient.length; i++) {
            expected += gradient[i] * direction[i] / length;
        }
        double up = problem.loss(moved(weights, name, direction, step / length), OBJECTIVE);
        double down = problem.loss(moved(weights, name, direction, -step / length), OBJECTIVE);
        assertThat((up - down) / (2 * step)).as("slope of %s", name).isCloseTo(expected, within(.01 * norm + 1e-4));
    }

    private static SortedMap<String, float[]> moved(
            SortedMap<String, float[]> weights, String name, float[] direction, double by) {
        SortedMap<String, float[]> moved = new TreeMap<>(weights);
        float[] values = weights.getOrDefault(name, direction).clone();
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (by * direction[i]);
        }
        moved.put(name, values);
        return moved;
    }

    private static double norm(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares);
    }

    @Test
    void equalInputsGiveEqualBits() {
        PolicySpec spec = Samples.perAxis(true);
        Problem problem = Problem.of(spec);
        SortedMap<String, float[]> weights = Samples.weights(spec, 8);
        try (PolicyGradient gradient = new PolicyGradient(spec, OBJECTIVE);
                PolicyGradient other = new PolicyGradient(spec, OBJECTIVE)) {
            SortedMap<String, float[]> first =
                    gradient.of(weights, problem.batch()).gradients();
            gradient.of(Samples.weights(spec, 1), problem.batch());
            SortedMap<String, float[]> again =
                    gradient.of(weights, problem.batch()).gradients();
            SortedMap<String, float[]> elsewhere =
                    other.of(weights, problem.batch()).gradients();
            first.forEach((name, values) -> {
                assertThat(again.get(name)).as(name).isEqualTo(values);
                assertThat(elsewhere.get(name)).as(name).isEqualTo(values);
            });
        }
    }

    @Test
    void whatIsBeyondTheClipHasNoGradient() {
        PolicySpec spec = Samples.joint(false);
        SortedMap<String, float[]> weights = Samples.weights(spec, 8);
        Objective objective = new Objective(.2, 0, 1);
        Trajectory trajectory = Samples.trajectory(spec, 1, 0, 5);
        float[] now = logProbabilities(spec, weights, trajectory);
        // Much likelier now than when they were drawn, and good: nothing is left to gain.
        Trajectory drawn = drawnWith(trajectory, now, -1);
        try (PolicyGradient gradient = new PolicyGradient(spec, objective)) {
            PolicyGradient.Result good = gradient.of(weights, batch(spec, drawn, 1));
            assertThat(Gradients.norm(good.gradients())).isZero();
            assertThat(good.clipped()).isEqualTo(1);
            assertThat(good.surrogate()).isCloseTo(1.2, within(1e-6));
            assertThat(good.divergence()).isCloseTo(-1, within(1e-5));
            // Bad ones are to become less likely, however likely they are.
            PolicyGradient.Result bad = gradient.of(weights, batch(spec, drawn, -1));
            assertThat(Gradients.norm(bad.gradients())).isGreaterThan(.01);
            assertThat(bad.clipped()).isZero();
            // Within the clip there is a gradient.
            PolicyGradient.Result near = gradient.of(weights, batch(spec, drawnWith(trajectory, now, -.1f), 1));
            assertThat(Gradients.norm(near.gradients())).isGreaterThan(.01);
        }
    }

    private static EpisodeBatch batch(PolicySpec spec, Trajectory trajectory, double advantage) {
        double[] advantages = new double[trajectory.reward().length];
        java.util.Arrays.fill(advantages, advantage);
        return EpisodeBatch.of(spec, List.of(trajectory), List.of(advantages));
    }

    private static Trajectory drawnWith(Trajectory trajectory, float[] logProbability, float offset) {
        float[] old = new float[logProbability.length];
        for (int i = 0; i < old.length; i++) {
            old[i] = logProbability[i] + offset;
        }
        return new Trajectory(
                trajectory.item(),
                trajectory.schedules(),
                trajectory.steps(),
                trajectory.features(),
                trajectory.previous(),
                trajectory.actions(),
                old,
                trajectory.reward(),
                trajectory.realised(),
                trajectory.effective(),
                trajectory.cost(),
                trajectory.dense());
    }

    private static float[] logProbabilities(
            PolicySpec spec, SortedMap<String, float[]> weights, Trajectory trajectory) {
        float[] logits;
        try (PolicyGradient gradient = new PolicyGradient(spec, new Objective(.2, 0, 1))) {
            logits = gradient.logits(weights, batch(spec, trajectory, 0));
        }
        ActionDistribution distribution = new ActionDistribution(spec);
        float[] result = new float[trajectory.reward().length];
        for (int i = 0; i < result.length; i++) {
            distribution.set(logits, i * spec.logits(), 1);
            result[i] = (float) distribution.logProbability(trajectory.actions()[i]);
        }
        return result;
    }
}
