package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Budget;
import dev.sol.trainer.rollout.Trajectory;
import dev.sol.trainer.rollout.WorkItem;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Prices of rewards whose worth is known. */
class PricesTest {
    private static final int SCHEDULES = 8;
    private static final int STEPS = 4;
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(1);

    /** What a step that used attn, mlp and bits is worth. */
    private interface Worth {
        double of(int t, double attn, double mlp, double bits);
    }

    private Trajectory trajectory(Budget target, Worth worth) {
        int n = SCHEDULES * STEPS;
        float[] reward = new float[n];
        double[] realised = new double[3 * n];
        boolean[] effective = new boolean[n];
        Arrays.fill(effective, true);
        for (int i = 0; i < n; i++) {
            realised[3 * i] = random.nextDouble(.05, 1);
            realised[3 * i + 1] = random.nextDouble(.05, 1);
            realised[3 * i + 2] = random.nextDouble(4, 16);
            reward[i] = (float) worth.of(i % STEPS, realised[3 * i], realised[3 * i + 1], realised[3 * i + 2]);
        }
        return new Trajectory(
                new WorkItem(0, new int[STEPS + 2], 1, target, null, 0, 0),
                SCHEDULES,
                STEPS,
                new float[n],
                new int[n],
                new int[n],
                new float[n],
                reward,
                realised,
                effective,
                new float[0],
                new float[0]);
    }

    @Test
    void whatSpendingIsWorthEverywhereIsTakenOff() {
        List<Trajectory> batch = List.of(
                trajectory(new Budget(.2, .5, 8), (t, a, m, b) -> -t + .4 * a + .6 * .2 * a + .3 * m + .1 * b / 16),
                trajectory(new Budget(.8, .5, 8), (t, a, m, b) -> -t + .4 * a + .6 * .8 * a + .3 * m + .1 * b / 16));
        Prices prices = Prices.of(batch);
        for (Trajectory trajectory : batch) {
            float[] charged = prices.charge(trajectory).reward();
            for (int i = 0; i < charged.length; i++) {
                assertThat(charged[i])
                        .as("step %d of schedule %d: what all have in common is left", i % STEPS, i / STEPS)
                        .isCloseTo(charged[i % STEPS], within(5e-3f));
            }
        }
    }

    /** Where spending is worth more than on average, having spent more is better; elsewhere it is worse. */
    @Test
    void spendingIsComparedWithWhatItIsWorthElsewhere() {
        Trajectory trajectory = trajectory(new Budget(.5, .5, 8), (t, a, m, b) -> t < 2 ? m : .2 * m);
        float[] charged = Prices.of(List.of(trajectory)).charge(trajectory).reward();
        for (int t = 0; t < STEPS; t++) {
            double covariance = 0;
            double mean = 0;
            for (int k = 0; k < SCHEDULES; k++) {
                mean += trajectory.realised()[3 * (k * STEPS + t) + 1] / SCHEDULES;
            }
            for (int k = 0; k < SCHEDULES; k++) {
                int i = k * STEPS + t;
                covariance += (trajectory.realised()[3 * i + 1] - mean) * charged[i];
            }
            assertThat(covariance > 0).as("step %d", t).isEqualTo(t < 2);
        }
    }

    @Test
    void withoutAnyChoiceNothingHasAPrice() {
        Trajectory trajectory = trajectory(new Budget(.5, .5, 8), (t, a, m, b) -> m);
        double[] realised = trajectory.realised();
        for (int i = 0; i < realised.length; i += 3) {
            realised[i] = .5;
            realised[i + 1] = .5;
            realised[i + 2] = 8;
        }
        assertThat(Prices.of(List.of(trajectory)).charge(trajectory).reward()).isEqualTo(trajectory.reward());
    }
}
