package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.trainer.rollout.Trajectory;
import dev.sol.trainer.rollout.WorkItem;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Returns, penalties and advantages of cases that were worked out by hand. */
class AdvantagesTest {
    private static final double EPSILON = 1e-6;
    private static final PerAxis TOLERANCE = new PerAxis(.02, .02, .02);
    private static final Penalties PENALTIES = new Penalties(new PerAxis(100, 100, 200), TOLERANCE);
    private static final Penalties NONE = new Penalties(new PerAxis(0, 0, 0), TOLERANCE);
    private static final Budget TARGET = new Budget(.5, .5, 8);

    /** Of 3 steps; every step uses what the target asks for, unless it is told otherwise. */
    private static Trajectory trajectory(float[] reward, boolean[] effective, float[] cost) {
        return trajectory(reward, effective, cost, null, 0);
    }

    private static Trajectory trajectory(
            float[] reward, boolean[] effective, float[] cost, @Nullable Budget startMean, int startSteps) {
        int n = reward.length;
        double[] realised = new double[3 * n];
        for (int i = 0; i < n; i++) {
            realised[3 * i] = TARGET.attn();
            realised[3 * i + 1] = TARGET.mlp();
            realised[3 * i + 2] = TARGET.bits();
        }
        return new Trajectory(
                new WorkItem(0, new int[5], 1, TARGET, startMean, startSteps, 0),
                n / 3,
                3,
                new float[n],
                new int[n],
                new int[n],
                new float[n],
                reward,
                realised,
                effective,
                cost,
                new float[0]);
    }

    private static Trajectory trajectory(float... reward) {
        boolean[] effective = new boolean[reward.length];
        java.util.Arrays.fill(effective, true);
        return trajectory(reward, effective, new float[0]);
    }

    private static void assertValues(double[] actual, double... expected) {
        assertThat(actual).containsExactly(expected, within(EPSILON));
    }

    @Test
    void returnsAreDiscountedSumsOfWhatFollows() {
        assertValues(new Returns(.5, 0).discounted(trajectory(-1, -2, -4, 0, 1, 0)), -3, -4, -4, .5, 1, 0);
        assertValues(new Returns(.5, 0).total(trajectory(-1, -2, -4, 0, 1, 0)), -7, 1);
    }

    @Test
    void timeIsChargedWhereItHasAPrice() {
        Trajectory trajectory =
                trajectory(new float[] {-1, -2, -4}, new boolean[] {true, true, true}, new float[] {1, .5f, .25f});
        assertValues(new Returns(1, 2).discounted(trajectory), -7 - 2 - 1 - .5, -6 - 1 - .5, -4 - .5);
        assertValues(new Returns(1, 0).discounted(trajectory), -7, -6, -4);
    }

    @Test
    void stepsWithoutEffectHaveNoReturnAndAddNothing() {
        Trajectory trajectory = trajectory(
                new float[] {-100, -2, -4, -100, -1, -1},
                new boolean[] {false, true, true, false, true, true},
                new float[0]);
        Returns returns = new Returns(.5, 0);
        assertValues(returns.discounted(trajectory), 0, -4, -4, 0, -1.5, -1);
        assertValues(returns.total(trajectory), -6, -2);
        List<double[]> advantages = new Advantages(
                        Advantages.Level.PROCESS, Advantages.Norm.CENTER, false, returns, NONE, false)
                .of(List.of(trajectory), Samples.FINE);
        assertValues(advantages.getFirst(), 0, -1.25, -1.5, 0, 1.25, 1.5);
    }

    @Test
    void penaltiesAreQuadraticBeyondTheTolerance() {
        Trajectory trajectory = trajectory(0, 0, 0, 0, 0, 0);
        double[] realised = trajectory.realised();
        // Schedule 0: κ .8, .8, .5, mean .7; bits 10, 8, 8, mean 8.67, share .0417 above. Schedule 1: within the
        // tolerance.
        realised[0] = .8;
        realised[3] = .8;
        realised[2] = 10;
        realised[9] = .55;
        double attn = 100 * .18 * .18;
        double bits = 200 * Math.pow(2 / 48. - .02, 2);
        assertValues(PENALTIES.of(trajectory, Samples.FINE), attn + bits, 0);
        // Too little costs as much as too much.
        realised[0] = .2;
        realised[3] = .2;
        assertValues(PENALTIES.of(trajectory, Samples.FINE), attn + bits, 0);
    }

    @Test
    void onlyEffectiveStepsAreInTheMean() {
        Trajectory trajectory = trajectory(new float[3], new boolean[] {false, true, true}, new float[0]);
        trajectory.realised()[1] = 1; // dense, and not counted
        assertValues(PENALTIES.of(trajectory, Samples.FINE), 0);
        assertThat(Penalties.mean(trajectory, 0, Axis.MLP)).isEqualTo(.5);
    }

    @Test
    void whatWasMissedBeforeIsToBeMadeUpFor() {
        boolean[] all = {true, true, true};
        // 2 steps at .62 rather than .5: over 3 steps .08 less. ρ was at .8 for 2 steps: .2 less; b at 5 was too low: 2
        // more.
        Trajectory late = trajectory(new float[3], all, new float[0], new Budget(.62, .8, 5), 2);
        assertThat(Penalties.aim(late.item(), Axis.ATTN, 3, Samples.FINE)).isCloseTo(.42, within(1e-9));
        assertThat(Penalties.aim(late.item(), Axis.MLP, 3, Samples.FINE)).isCloseTo(.3, within(1e-9));
        assertThat(Penalties.aim(late.item(), Axis.BITS, 3, Samples.FINE)).isCloseTo(10, within(1e-9));
        // The episode keeps to the target, so it misses its aims: .08, .2 and 2/16.
        double expected = 100 * (.06 * .06 + .18 * .18) + 200 * .105 * .105;
        assertValues(PENALTIES.of(late, Samples.FINE), expected);
        // Nobody is asked for less than the grid has.
        Trajectory debt = trajectory(new float[3], all, new float[0], new Budget(1, .5, 8), 3);
        assertThat(Penalties.aim(debt.item(), Axis.ATTN, 3, Samples.FINE)).isEqualTo(.1);
    }

    @Test
    void processAdvantagesCompareTheSameStep() {
        Advantages advantages =
                new Advantages(Advantages.Level.PROCESS, Advantages.Norm.CENTER, false, new Returns(0, 0), NONE, false);
        // Without discount ahead: rewards themselves. Means by step: −2, −2, −1.
        assertValues(
                advantages
                        .of(List.of(trajectory(-1, -3, 0, -3, -1, -2)), Samples.FINE)
                        .getFirst(),
                1,
                -1,
                1,
                -1,
                1,
                -1);
    }

    @Test
    void outcomeAdvantagesCompareEpisodes() {
        Advantages advantages = new Advantages(
                Advantages.Level.OUTCOME, Advantages.Norm.CENTER, false, new Returns(.1, 0), NONE, false);
        assertValues(
                advantages
                        .of(List.of(trajectory(-1, -3, 0, -3, -1, -2)), Samples.FINE)
                        .getFirst(),
                1,
                1,
                1,
                -1,
                -1,
                -1);
    }

    @Test
    void penaltiesAreTakenOffEveryStep() {
        Trajectory trajectory = trajectory(0, 0, 0, 0, 0, 0);
        trajectory.realised()[0] = .86; // mean .62: 100·.1² = 1
        for (Advantages.Level level : Advantages.Level.values()) {
            Advantages advantages =
                    new Advantages(level, Advantages.Norm.CENTER, false, new Returns(.85, 0), PENALTIES, false);
            assertValues(advantages.of(List.of(trajectory), Samples.FINE).getFirst(), -.5, -.5, -.5, .5, .5, .5);
        }
    }

    @Test
    void zScoresHaveDeviationOneAtEachStep() {
        Advantages advantages =
                new Advantages(Advantages.Level.PROCESS, Advantages.Norm.ZSCORE, false, new Returns(0, 0), NONE, false);
        // Steps: {0, −4}, {−1, −1}, {3, 1}: deviations 2, 0 and 1; where all are equal nothing is better.
        assertValues(
                advantages
                        .of(List.of(trajectory(0, -1, 3, -4, -1, 1)), Samples.FINE)
                        .getFirst(),
                1,
                0,
                1,
                -1,
                0,
                -1);
    }

    @Test
    void whiteningIsOverTheBatch() {
        Advantages advantages =
                new Advantages(Advantages.Level.PROCESS, Advantages.Norm.CENTER, true, new Returns(0, 0), NONE, false);
        List<double[]> values =
                advantages.of(List.of(trajectory(1, 1, 1, -1, -1, -1), trajectory(3, 3, 3, -3, -3, -3)), Samples.FINE);
        double deviation = Math.sqrt((6 * 1 + 6 * 9) / 12.);
        assertValues(values.get(0), scaled(1 / deviation, 1, 1, 1, -1, -1, -1));
        assertValues(values.get(1), scaled(3 / deviation, 1, 1, 1, -1, -1, -1));
    }

    private static double[] scaled(double by, double... values) {
        return java.util.Arrays.stream(values).map(value -> by * value).toArray();
    }
}
