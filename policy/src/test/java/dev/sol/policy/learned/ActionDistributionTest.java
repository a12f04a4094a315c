package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ActionDistributionTest {
    /** 3 × 2 × 2 actions with a joint head; 11 × 3 × 2 with a head per axis. */
    static Stream<PolicySpec> specs() {
        double[] attn = {.1, .2, .3, .4, .5, .6, .7, .8, .85, .9, 1};
        return Stream.of(
                Networks.spec(new ActionGrid(new double[] {.1, .5, 1}, new double[] {.4, 1}, new int[] {5, 16})),
                Networks.spec(new ActionGrid(attn, new double[] {.4, .6, 1}, new int[] {5, 16})));
    }

    private static ActionDistribution random(PolicySpec spec, double temperature) {
        float[] logits = new float[spec.logits() + 2];
        RandomGenerator random = Networks.random(9);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian();
        }
        ActionDistribution distribution = new ActionDistribution(spec);
        distribution.set(logits, 2, temperature);
        return distribution;
    }

    @ParameterizedTest
    @MethodSource("specs")
    void probabilitiesAreOfTheGrid(PolicySpec spec) {
        ActionDistribution distribution = random(spec, .7);
        double total = 0;
        double entropy = 0;
        double mean = 0;
        int best = 0;
        for (int action = 0; action < spec.grid().size(); action++) {
            double log = distribution.logProbability(action);
            total += Math.exp(log);
            entropy -= Math.exp(log) * log;
            mean += Math.exp(log) * spec.grid().action(action).mlpKeep();
            best = log > distribution.logProbability(best) ? action : best;
        }
        assertThat(total).isCloseTo(1, within(1e-12));
        assertThat(distribution.entropy()).isCloseTo(entropy, within(1e-12));
        assertThat(distribution.mean(Axis.MLP)).isCloseTo(mean, within(1e-12));
        assertThat(distribution.greedy()).isEqualTo(best);
    }

    @ParameterizedTest
    @MethodSource("specs")
    void drawsByProbability(PolicySpec spec) {
        ActionDistribution distribution = random(spec, 1.3);
        RandomGenerator random = Networks.random(10);
        int draws = 200_000;
        int[] count = new int[spec.grid().size()];
        for (int i = 0; i < draws; i++) {
            count[distribution.sample(random)]++;
        }
        for (int action = 0; action < count.length; action++) {
            double p = Math.exp(distribution.logProbability(action));
            assertThat((double) count[action] / draws)
                    .as("action %d", action)
                    .isCloseTo(p, within(5 * Math.sqrt(p * (1 - p) / draws) + 1e-6));
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void temperatureDividesLogits(PolicySpec spec) {
        ActionDistribution warm = random(spec, 2);
        ActionDistribution plain = random(spec, 1);
        int a = 0;
        int b = spec.grid().size() - 1;
        assertThat(warm.logProbability(a) - warm.logProbability(b))
                .isCloseTo((plain.logProbability(a) - plain.logProbability(b)) / 2, within(1e-9));
    }

    @Test
    void valuesThatCannotBeAreNotDrawn() {
        PolicySpec spec = Networks.spec(Grids.PAPER_2L);
        ActionDistribution distribution = new ActionDistribution(spec);
        float[] logits = new float[8];
        Arrays.fill(logits, -5000);
        logits[3] = 0;
        distribution.set(logits, 0, 1);
        RandomGenerator random = Networks.random(11);
        for (int i = 0; i < 1000; i++) {
            assertThat(distribution.sample(random)).isEqualTo(3);
        }
        assertThat(distribution.entropy()).isZero();
        assertThat(distribution.logProbability(0)).isEqualTo(-5000);
    }

    @Test
    void tiesGoToTheLowerAction() {
        PolicySpec spec = Networks.spec(ActionGrid.defaultGrid());
        assertThat(new ActionDistribution(spec).greedy()).isZero();
        assertThatThrownBy(() -> new ActionDistribution(spec).set(new float[spec.logits()], 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
