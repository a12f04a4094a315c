package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PolicyNetworkTest {
    private static final ActionGrid FINE = ActionGrid.defaultGrid();

    /** Widths around those of vector registers, odd sizes, one head, steps that no turn of a kernel divides, one value per axis. */
    static Stream<PolicySpec> specs() {
        return Stream.of(
                new PolicySpec(1, 1, 1, 1, 1, false, .1, Grids.PAPER_2L),
                new PolicySpec(7, 6, 3, 3, 5, true, .1, Grids.PAPER_2L),
                new PolicySpec(16, 32, 4, 16, 16, false, .1, Grids.PAPER_3L),
                new PolicySpec(33, 17, 1, 5, 3, true, .05, Grids.PAPER_FULL),
                new PolicySpec(24, 48, 4, 16, 16, false, .2, FINE),
                new PolicySpec(
                        9, 8, 2, 4, 2, false, .1, new ActionGrid(new double[] {.5}, new double[] {1}, new int[] {16})),
                new PolicySpec(64, 64, 8, 40, 16, true, .1, FINE));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void equalsTheFormulas(PolicySpec spec) {
        PolicyWeights weights = Networks.trained(spec, 3);
        PolicyNetwork network = new PolicyNetwork(weights);
        PolicyNetwork.Lanes lanes = network.lanes(1);
        NetworkReference reference = new NetworkReference(weights);
        RandomGenerator random = Networks.random(1);
        float[] logits = new float[spec.logits()];
        int previous = -1;
        // Beyond the horizon, where it starts again.
        for (int step = 0; step < 2 * spec.horizon() + 3; step++) {
            float[] features = Networks.features(spec, random);
            assertThat(lanes.position(0)).isEqualTo(step % spec.horizon());
            network.forward(lanes, new int[1], 1, features, new int[] {previous}, logits);
            double[] expected = reference.step(features, previous);
            double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
            for (int i = 0; i < logits.length; i++) {
                assertThat((double) logits[i])
                        .as("logit %d of step %d", i, step)
                        .isCloseTo(expected[i], within(1e-5 + 5e-7 * largest));
            }
            previous = random.nextInt(spec.grid().size());
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void aBatchGivesTheBitsOfSingleSequences(PolicySpec spec) {
        int sequences = 37; // more than two tiles
        PolicyNetwork network = new PolicyNetwork(Networks.trained(spec, 4));
        PolicyNetwork.Lanes together = network.lanes(sequences);
        PolicyNetwork.Lanes[] alone = new PolicyNetwork.Lanes[sequences];
        Arrays.setAll(alone, i -> network.lanes(1));
        RandomGenerator random = Networks.random(2);
        int f = spec.features();
        int l = spec.logits();
        for (int step = 0; step < spec.horizon() + 2; step++) {
            // Not all sequences take part in every step, and not in order.
            int[] lane = random.ints(0, sequences)
                    .distinct()
                    .limit(1 + random.nextInt(sequences))
                    .toArray();
            float[] features = new float[lane.length * f];
            int[] previous = new int[lane.length];
            for (int i = 0; i < lane.length; i++) {
                System.arraycopy(Networks.features(spec, random), 0, features, i * f, f);
                previous[i] = random.nextInt(-1, spec.grid().size());
            }
            float[] logits = new float[lane.length * l];
            network.forward(together, lane, lane.length, features, previous, logits);
            for (int i = 0; i < lane.length; i++) {
                float[] single = new float[l];
                network.forward(
                        alone[lane[i]],
                        new int[1],
                        1,
                        Arrays.copyOfRange(features, i * f, (i + 1) * f),
                        new int[] {previous[i]},
                        single);
                assertThat(Arrays.copyOfRange(logits, i * l, (i + 1) * l)).containsExactly(single);
            }
        }
    }

    @Test
    void aRestartForgets() {
        PolicySpec spec = Networks.spec(FINE);
        PolicyNetwork network = new PolicyNetwork(Networks.trained(spec, 5));
        PolicyNetwork.Lanes lanes = network.lanes(2);
        RandomGenerator random = Networks.random(3);
        float[] features = Networks.features(spec, random);
        float[] first = new float[spec.logits()];
        float[] later = new float[spec.logits()];
        int[] lane = {1};
        int[] previous = {-1};
        network.forward(lanes, lane, 1, features, previous, first);
        network.forward(lanes, lane, 1, features, previous, later);
        assertThat(later).isNotEqualTo(first);
        assertThat(lanes.position(1)).isEqualTo(2);
        assertThat(lanes.position(0)).isZero();
        lanes.restart(1);
        assertThat(lanes.position(1)).isZero();
        network.forward(lanes, lane, 1, features, previous, later);
        assertThat(later).containsExactly(first);
    }

    @ParameterizedTest
    @MethodSource("specs")
    void startsAsThePrior(PolicySpec spec) {
        PolicyNetwork network = new PolicyNetwork(PolicyWeights.initial(spec, 6));
        float[] features = Networks.features(spec, Networks.random(4));
        int targets = 2 * spec.embedding() + 2;
        float[] prior = new float[spec.logits()];
        new PolicyPrior(spec)
                .logits(new Budget(features[targets], features[targets + 1], 16 * features[targets + 2]), prior, 0);
        float[] logits = new float[spec.logits()];
        network.forward(network.lanes(1), new int[1], 1, features, new int[] {-1}, logits);
        assertThat(logits).containsExactly(prior);
    }

    @Test
    void newTargetsTakeEffectAtOnce() {
        PolicySpec spec = Networks.spec(FINE);
        PolicyNetwork network = new PolicyNetwork(PolicyWeights.initial(spec, 7));
        PolicyNetwork.Lanes lanes = network.lanes(1);
        float[] features = Networks.features(spec, Networks.random(5));
        float[] logits = new float[spec.logits()];
        ActionDistribution distribution = new ActionDistribution(spec);
        for (float target : new float[] {.25f, .75f}) {
            Arrays.fill(features, 2 * spec.embedding() + 2, 2 * spec.embedding() + 5, target);
            network.forward(lanes, new int[1], 1, features, new int[] {-1}, logits);
            distribution.set(logits, 0, 1);
            assertThat(FINE.action(distribution.greedy()).attnKeep()).isEqualTo(target);
        }
    }

    @Test
    void refusesOthersLanesAndTooManySequences() {
        PolicySpec spec = Networks.spec(FINE);
        PolicyNetwork network = new PolicyNetwork(PolicyWeights.initial(spec, 8));
        PolicyNetwork other = new PolicyNetwork(PolicyWeights.initial(spec, 8));
        float[] features = new float[2 * spec.features()];
        float[] logits = new float[2 * spec.logits()];
        assertThatThrownBy(() -> network.forward(other.lanes(1), new int[1], 1, features, new int[1], logits))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> network.forward(network.lanes(1), new int[2], 2, features, new int[2], logits))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> network.lanes(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void geluIsExact() {
        float[] x = new float[4001];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i - 2000) / 250f; // −8 to 8
        }
        float[] y = x.clone();
        Kernels.gelu(y);
        for (int i = 0; i < x.length; i++) {
            double expected = x[i] / 2.0 * (1 + NetworkReference.erf(x[i] / Math.sqrt(2)));
            assertThat((double) y[i]).as("gelu(%s)", x[i]).isCloseTo(expected, within(1e-6));
        }
    }
}
