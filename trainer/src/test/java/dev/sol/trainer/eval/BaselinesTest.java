package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.policy.learned.Grids;
import dev.sol.trainer.metrics.StaticSplit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What policies are compared with: it realises what they do. */
class BaselinesTest {
    private static final int PREFIX = 20;
    private static final int STRETCH = 128;
    private static final int WINDOWS = 12;
    private static final ActionGrid FINE = ActionGrid.defaultGrid();

    private final PolicyEvaluation evaluation =
            new PolicyEvaluation(new FakeLockstep(4), FakeLockstep.passages(WINDOWS, PREFIX + STRETCH + 1, PREFIX));

    private Measured measure(Spender spender) {
        return evaluation.run(spender, 3, _ -> {});
    }

    private static int[] steps(int each) {
        int[] steps = new int[WINDOWS];
        Arrays.fill(steps, each);
        return steps;
    }

    private static List<Action> actions(ComputePolicy policy, Budget target, int steps) {
        PolicySession session = policy.start(new PolicyContext(target, policy.grid(), 0));
        dev.sol.policy.Observation nothing =
                new dev.sol.policy.Observation(new PolicyContext(target, policy.grid(), 0), steps, 0, 0);
        return IntStream.range(0, steps).mapToObj(_ -> session.next(nothing)).toList();
    }

    private static double mean(List<Action> actions, Axis axis) {
        return actions.stream()
                .mapToDouble(action -> action.get(axis))
                .average()
                .orElseThrow();
    }

    @Test
    void fixedMixesTheTwoNearestValuesEvenly() {
        Budget target = new Budget(.4, .7, 8.75);
        List<Action> actions = actions(new FixedMix("fixed", Grids.PAPER_2L, .5), target, 132);

        assertThat(actions).extracting(Action::attnKeep).containsOnly(.1, 1.);
        assertThat(actions).extracting(Action::mlpKeep).containsOnly(.6, 1.);
        assertThat(actions).extracting(Action::actBits).containsOnly(5, 16);
        for (Axis axis : Axis.values()) {
            assertThat(mean(actions, axis)).as(axis.key()).isCloseTo(target.get(axis), within(1e-9));
            // Every stretch of 12 steps has its share of high values: 4, 3 and 4.09 of 12.
            for (int from = 0; from + 12 <= 132; from++) {
                assertThat(mean(actions.subList(from, from + 12), axis))
                        .isCloseTo(target.get(axis), within((axis == Axis.BITS ? 11 : .9) / 12 + 1e-9));
            }
        }
        assertThat(actions(new FixedMix("fixed", Grids.PAPER_3L, .5), new Budget(.6, 1, 7), 9))
                .containsOnly(new Action(.6, 1, 7));
    }

    @Test
    void fixedWindowsMakeUpForEachOther() {
        Budget target = new Budget(.437, .77, 9.3);
        Spender spender = FixedMix.spender("fixed", Grids.PAPER_2L, 50, target);
        List<Action> all = new ArrayList<>();
        for (int window = 0; window < 50; window++) {
            all.addAll(actions(spender.policies().apply(window), target, 16));
        }
        for (Axis axis : Axis.values()) {
            double gap = axis == Axis.BITS ? 11 : .9;
            assertThat(mean(all, axis)).isCloseTo(target.get(axis), within(gap / 16 / 50));
        }
    }

    @Test
    void twoValueSchedulesHaveExactCounts() {
        Budget target = new Budget(.43, .81, 6.7);
        Spender spender = new TwoValueSchedules(Grids.PAPER_3L, steps(STRETCH), 5).spender("random-mix", target);

        List<Action> all = new ArrayList<>();
        for (int window = 0; window < WINDOWS; window++) {
            List<Action> own = actions(spender.policies().apply(window), target, STRETCH);
            for (Axis axis : Axis.values()) {
                double gap = axis == Axis.BITS ? 2 : .5;
                assertThat(mean(own, axis)).isCloseTo(target.get(axis), within(gap / STRETCH));
            }
            all.addAll(own);
        }
        assertThat(all).extracting(Action::attnKeep).containsOnly(.1, .6);
        assertThat(all).extracting(Action::mlpKeep).containsOnly(.8, 1.);
        assertThat(all).extracting(Action::actBits).containsOnly(5, 7);
        int n = WINDOWS * STRETCH;
        for (Axis axis : Axis.values()) {
            assertThat(mean(all, axis)).isCloseTo(target.get(axis), within(1.01 / n));
        }
        // The axes are independent, windows differ, and the same seed gives the same.
        long both =
                all.stream().filter(a -> a.attnKeep() > .5 && a.actBits() > 6).count();
        assertThat(both / (double) n).isCloseTo(.66 * .85, within(.04));
        assertThat(all.subList(0, STRETCH)).isNotEqualTo(all.subList(STRETCH, 2 * STRETCH));
        Spender again = new TwoValueSchedules(Grids.PAPER_3L, steps(STRETCH), 5).spender("random-mix", target);
        assertThat(actions(again.policies().apply(3), target, STRETCH))
                .isEqualTo(all.subList(3 * STRETCH, 4 * STRETCH));
    }

    @Test
    void shuffledActionsAreThePolicysOwn() {
        Measured policy = measure(Spender.of(Policies.byName("entropy"), Budget.ofNet(.5, FINE)));
        ShuffledActions shuffled = new ShuffledActions(policy.grid(), policy.actions(), evaluation.effectiveSteps(), 1);
        Measured random = measure(shuffled.spender("random", shuffled.mean()));

        assertThat(random.actions()).isEqualTo(policy.actions());
        assertThat(Matching.distance(random.chosen(), policy.chosen())).isLessThan(1e-9);
        assertThat(random.nll()).isNotEqualTo(policy.nll());
        for (Budget window : random.perWindow()) {
            assertThat(Matching.distance(window, random.realised())).isLessThan(.05);
        }
        // Which windows get a little more is chance.
        for (Axis axis : Axis.values()) {
            double first = Arrays.stream(random.perWindow(), 0, WINDOWS / 2)
                    .mapToDouble(window -> axis.share(window.get(axis)))
                    .average()
                    .orElseThrow();
            double second = Arrays.stream(random.perWindow(), WINDOWS / 2, WINDOWS)
                    .mapToDouble(window -> axis.share(window.get(axis)))
                    .average()
                    .orElseThrow();
            assertThat(first).as(axis.key()).isCloseTo(second, within(.02));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ShuffledActions(policy.grid(), policy.actions(), steps(7), 1))
                .withMessageContaining("12 windows of 84 steps in all");
    }

    @Test
    void shuffledActionsMoveByAsLittleAsItTakes() {
        Measured policy = measure(Spender.of(Policies.byName("random"), Budget.ofNet(.5, FINE)));
        ShuffledActions shuffled = new ShuffledActions(policy.grid(), policy.actions(), evaluation.effectiveSteps(), 1);
        Budget mean = shuffled.mean();
        Budget target = new Budget(mean.attn() + .01, mean.mlp() - .02, mean.bits() + .1);

        Measured moved = measure(shuffled.spender("random", target));

        assertThat(Matching.distance(moved.chosen(), target)).isLessThan(1e-4);
        // .01 of κ are a fifth of the steps, by one grid value each.
        long[] before = policy.histogram(Axis.ATTN);
        long[] after = moved.histogram(Axis.ATTN);
        long changed = IntStream.range(0, before.length)
                .mapToLong(i -> Math.abs(before[i] - after[i]))
                .sum();
        assertThat(changed).isBetween(1L, 2L * WINDOWS * STRETCH / 5 + 2);
    }

    @Test
    void everyBaselineRealisesWhatThePolicyDoes() {
        for (String name : List.of("entropy", "random", "uniform")) {
            for (double net : new double[] {.55, .6, .8}) {
                Measured policy = measure(Spender.of(Policies.byName(name), Budget.ofNet(net, FINE)));
                for (Baseline baseline : Baselines.of(Baselines.NAMES, policy, evaluation.effectiveSteps(), null, 9)) {
                    if (baseline.name().equals("fixed-2l") && net < .6 + .01) {
                        continue; // its ρ is at least .6
                    }
                    Matching matching = Matching.of(
                            policy.realised(),
                            baseline.first(),
                            baseline.grid(),
                            target -> measure(baseline.spender().apply(target)));
                    assertThat(matching.distance())
                            .as("%s for %s at %s", baseline.name(), name, net)
                            .isLessThanOrEqualTo(Matching.TOLERANCE);
                    assertThat(matching.isClose()).isTrue();
                }
            }
        }
    }

    @Test
    void aCoarseGridIsMixedOnce() {
        ComputePolicy coarse = new FixedMix("coarse", Grids.PAPER_2L, .5);
        Measured policy = measure(Spender.of(coarse, new Budget(.5, .8, 10)));

        assertThat(Baselines.of(Baselines.NAMES, policy, evaluation.effectiveSteps(), null, 9))
                .extracting(Baseline::name)
                .containsExactly("random", "random-mix", "fixed", "fixed-3l", "uniform", "entropy", "drift");
    }

    @Test
    void staticIsTheSplitOfItsNetAndNearlyConstant() {
        StaticPath path = new StaticPath(List.of(
                new StaticSplit.Row(new Budget(.1, .3, 4), 3),
                new StaticSplit.Row(new Budget(.3, .9, 4), 2),
                new StaticSplit.Row(Budget.DENSE, 1)));
        Budget middle = path.apply((new Budget(.1, .3, 4).net() + new Budget(.3, .9, 4).net()) / 2);
        assertThat(Matching.distance(middle, new Budget(.2, .6, 4))).isLessThan(1e-12);
        assertThat(path.apply(.01)).isEqualTo(new Budget(.1, .3, 4));
        assertThat(path.apply(2)).isEqualTo(Budget.DENSE);

        Measured policy = measure(Spender.of(Policies.byName("entropy"), Budget.ofNet(.6, FINE)));
        Matching matching =
                Matching.ofNet(policy.realised().net(), path, target -> measure(StaticMix.spender(WINDOWS, target)));
        assertThat(matching.isClose()).isTrue();
        assertThat(matching.measured().realised().net())
                .isCloseTo(policy.realised().net(), within(Matching.TOLERANCE));

        List<Action> actions = actions(new StaticMix(.5), new Budget(.231, .62, 5.5), 400);
        assertThat(actions).extracting(Action::attnKeep).containsOnly(.22, .24);
        assertThat(actions).extracting(Action::mlpKeep).containsOnly(.62);
        assertThat(actions).extracting(Action::actBits).containsOnly(5, 6);
        assertThat(mean(actions, Axis.ATTN)).isCloseTo(.231, within(.02 / 400));
        assertThat(mean(actions, Axis.BITS)).isCloseTo(5.5, within(1. / 400));
    }

    /** Steps of 3, 9 and 6: what is dealt fits, and the means are the policy's. */
    @Test
    void schedulesOfUnequalPassages() {
        List<Passage> passages =
                List.of(new Passage(new int[24], 20), new Passage(new int[30], 20), new Passage(new int[27], 20));
        PolicyEvaluation unequal = new PolicyEvaluation(new FakeLockstep(2), passages);
        Measured policy = unequal.run(Spender.of(Policies.byName("random"), Budget.ofNet(.5, FINE)), 1, _ -> {});
        ShuffledActions shuffled = new ShuffledActions(FINE, policy.actions(), unequal.effectiveSteps(), 1);
        assertThat(unequal.run(shuffled.spender("random", shuffled.mean()), 1, _ -> {})
                        .actions())
                .isEqualTo(policy.actions());

        Budget target = new Budget(.5, .75, 9);
        TwoValueSchedules mix = new TwoValueSchedules(Grids.PAPER_2L, unequal.effectiveSteps(), 1);
        Budget chosen =
                unequal.run(mix.spender("random-mix", target), 1, _ -> {}).chosen();
        assertThat(chosen.attn()).isCloseTo(.5, within(.9 / 18));
        assertThat(chosen.bits()).isCloseTo(9, within(11. / 18));
    }

    @Test
    void whatIsOutOfReachIsNotMatched() {
        Budget wanted = new Budget(.5, .3, 8);
        Matching matching = Matching.of(
                wanted,
                wanted,
                Grids.PAPER_2L,
                target -> measure(FixedMix.spender("fixed", Grids.PAPER_2L, WINDOWS, target)));

        assertThat(matching.isClose()).isFalse();
        assertThat(matching.distance()).isCloseTo(.3, within(.01));
    }

    /** Realised is a curve of the target, not a line with slope 1. */
    @Test
    void secantStepsFindTargetsOfACurve() {
        List<Budget> targets = new ArrayList<>();
        Budget wanted = new Budget(.36, .5, 10);
        Matching matching = Matching.of(wanted, wanted, FINE, target -> {
            targets.add(target);
            Budget realised = new Budget(
                    target.attn() * target.attn() * .9 + .05, target.mlp(), Math.min(16, target.bits() + .5));
            return new Measured(
                    new float[1][1],
                    realised,
                    target,
                    new Budget[] {realised},
                    FINE,
                    new int[1][1],
                    new boolean[0][],
                    new double[0],
                    0);
        });

        assertThat(matching.isClose()).isTrue();
        assertThat(targets).hasSizeBetween(2, 4);
        assertThat(targets).extracting(Budget::mlp).containsOnly(.5);
        assertThat(Arrays.stream(matching.measured().perWindow()))
                .containsExactly(matching.measured().realised());
    }
}
