package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.learned.PolicyNetwork;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.trainer.rollout.Trajectory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is trained is what is served: both networks give the same logits. */
@Tag("native")
class ForwardParityTest {
    private static final float TOLERANCE = 1e-5f;

    static Stream<PolicySpec> specs() {
        return Stream.of(
                Samples.joint(false),
                Samples.joint(true),
                Samples.perAxis(false),
                Samples.perAxis(true),
                new PolicySpec(192, 64, 4, 16, 16, true, .1, Samples.FINE));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void everyStepOfEveryEpisodeHasTheSameLogits(PolicySpec spec) {
        var weights = Samples.weights(spec, 1);
        // The second has steps that are not effective: the policy is not asked there.
        List<Trajectory> trajectories = List.of(Samples.trajectory(spec, 3, 0, 2), Samples.trajectory(spec, 2, 2, 3));
        float[] torch = logits(spec, weights, trajectories);
        PolicyNetwork network = new PolicyNetwork(new PolicyWeights(spec, weights));

        int sequence = 0;
        for (Trajectory trajectory : trajectories) {
            PolicyNetwork.Lanes lanes = network.lanes(trajectory.schedules());
            int position = 0;
            for (int t = 0; t < trajectory.steps(); t++) {
                if (!trajectory.effective()[t]) {
                    continue;
                }
                float[] expected = step(network, lanes, trajectory, t);
                for (int k = 0; k < trajectory.schedules(); k++) {
                    int at = ((sequence + k) * spec.horizon() + position) * spec.logits();
                    assertClose(
                            Arrays.copyOfRange(torch, at, at + spec.logits()),
                            Arrays.copyOfRange(expected, k * spec.logits(), (k + 1) * spec.logits()));
                }
                position++;
            }
            sequence += trajectory.schedules();
        }
    }

    private static float[] logits(
            PolicySpec spec, java.util.SortedMap<String, float[]> weights, List<Trajectory> trajectories) {
        List<double[]> advantages = trajectories.stream()
                .map(trajectory -> new double[trajectory.reward().length])
                .toList();
        try (PolicyGradient gradient = new PolicyGradient(spec, new Objective(.2, 0, 1))) {
            return gradient.logits(weights, EpisodeBatch.of(spec, trajectories, advantages));
        }
    }

    /** The logits of all schedules at step t, by the network that serves. */
    private static float[] step(PolicyNetwork network, PolicyNetwork.Lanes lanes, Trajectory trajectory, int t) {
        int count = trajectory.schedules();
        int length = trajectory.featureLength();
        int[] lane = new int[count];
        int[] previous = new int[count];
        float[] features = new float[count * length];
        for (int k = 0; k < count; k++) {
            int i = k * trajectory.steps() + t;
            lane[k] = k;
            previous[k] = trajectory.previous()[i];
            System.arraycopy(trajectory.features(), i * length, features, k * length, length);
        }
        float[] logits = new float[count * network.spec().logits()];
        network.forward(lanes, lane, count, features, previous, logits);
        return logits;
    }

    /** To 1e-5, of the largest logit where that is greater than 1: the others may be differences of such. */
    private static void assertClose(float[] actual, float[] expected) {
        float largest = 1;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("logit %d", i).isCloseTo(expected[i], within(TOLERANCE * largest));
        }
    }
}
