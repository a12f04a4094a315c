package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.BudgetTracker;
import dev.sol.policy.Episode;
import dev.sol.policy.Observation;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BudgetControllerTest {
    /** What the realised mean may be off, as a share. */
    private static final double TOLERANCE = .02;

    private static final List<ActionGrid> GRIDS =
            List.of(Grids.PAPER_2L, Grids.PAPER_3L, Grids.PAPER_FULL, ActionGrid.defaultGrid());

    /** Logits of token after token. */
    enum Logits {
        CONSTANT(false, (t, random) -> 0),
        UP(false, (t, random) -> 1e6),
        DOWN(false, (t, random) -> -1e6),
        TREND(false, (t, random) -> .05 * (t - 128)),
        STEEP_TREND(false, (t, random) -> -.5 * (t - 100)),
        EXPLODING(false, (t, random) -> Math.pow(1.1, t)),
        EXPLODING_BOTH_WAYS(false, (t, random) -> Math.pow(1.1, t) * (t % 2 == 0 ? 1 : -1)),
        ALTERNATING(false, (t, random) -> t % 2 == 0 ? 50 : -50),
        SLOWLY_ALTERNATING(false, (t, random) -> t / 64 % 2 == 0 ? 50 : -50),
        IN_EPISODES(false, (t, random) -> t / 16 % 2 == 0 ? 500 : -500),
        SLOPES(false, (t, random) -> 10 * random.nextGaussian()),
        SPARSE(false, (t, random) -> random.nextInt(20) == 0 ? 30 : 0),
        NOT_FINITE(
                false,
                (t, random) ->
                        t % 3 == 0 ? Double.NaN : t % 3 == 1 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY),
        NOISE_01(true, (t, random) -> .01),
        NOISE_1(true, (t, random) -> 1),
        NOISE_10(true, (t, random) -> 10);

        /** What is given is the scale of random logits, and else a slope over the axes' shares. */
        private final boolean noise;

        @SuppressWarnings("ImmutableEnumChecker") // functions without state
        private final Shape shape;

        private interface Shape {
            double at(int t, RandomGenerator random);
        }

        Logits(boolean noise, Shape shape) {
            this.noise = noise;
            this.shape = shape;
        }

        void fill(PolicySpec spec, int t, RandomGenerator random, float[] out) {
            double strength = shape.at(t, random);
            for (int i = 0; i < out.length; i++) {
                out[i] = (float) (strength * (noise ? random.nextGaussian() : share(spec, i)));
            }
        }

        private static double share(PolicySpec spec, int logit) {
            ActionGrid grid = spec.grid();
            double sum = 0;
            for (Axis axis : Axis.values()) {
                int k = logit - spec.logitOffset(axis);
                if (spec.joint()) {
                    sum += axis.share(grid.value(axis, grid.coordinate(logit, axis)));
                } else if (k >= 0 && k < grid.size(axis)) {
                    sum += axis.share(grid.value(axis, k));
                }
            }
            return sum;
        }
    }

    static Stream<Arguments> cases() {
        return Arrays.stream(Logits.values())
                .flatMap(logits -> GRIDS.stream()
                        .flatMap(grid -> Stream.of(false, true).map(sampled -> Arguments.of(logits, grid, sampled))));
    }

    private static BudgetController controller(PolicySpec spec, Budget target, boolean sampled) {
        return sampled ? BudgetController.sampled(spec, target, 5) : BudgetController.greedy(spec, target);
    }

    /** Every mean of 128 steps and more is near the target, whatever the logits, with and without the prior. */
    @ParameterizedTest
    @MethodSource("cases")
    void keepsAnyTarget(Logits logits, ActionGrid grid, boolean sampled) {
        PolicySpec spec = Networks.spec(grid);
        SoftAssertions softly = new SoftAssertions();
        for (Budget target : targets(grid, 6)) {
            for (boolean withPrior : new boolean[] {false, true}) {
                float[] prior = new float[spec.logits()];
                if (withPrior) {
                    new PolicyPrior(spec).logits(target, prior, 0);
                }
                BudgetController controller = controller(spec, target, sampled);
                BudgetTracker tracker = new BudgetTracker(target);
                RandomGenerator random = Networks.random(6);
                float[] current = new float[spec.logits()];
                Map<Axis, Double> worst = new EnumMap<>(Axis.class);
                int horizon = withPrior ? 400 : 1_000_000;
                for (int t = 0; t < 400; t++) {
                    logits.fill(spec, t, random, current);
                    for (int i = 0; i < current.length; i++) {
                        current[i] += prior[i];
                    }
                    Action action = grid.action(controller.choose(current, 0, tracker, horizon - t));
                    tracker.record(action.attnKeep(), action.mlpKeep(), action.actBits());
                    if (t >= 127) {
                        for (Axis axis : Axis.values()) {
                            worst.merge(axis, Math.abs(axis.share(tracker.deviation(axis))), Math::max);
                        }
                    }
                }
                worst.forEach((axis, deviation) -> softly.assertThat(deviation)
                        .as("%s of %s, prior %s", axis, target, withPrior)
                        .isLessThan(TOLERANCE));
            }
        }
        softly.assertAll();
    }

    /** Fewer cases of sampling, which differs by the noise in the logits. */
    static Stream<Arguments> fewerCases() {
        return cases().filter(arguments -> arguments.get()[2].equals(false)
                || List.of(Logits.CONSTANT, Logits.STEEP_TREND, Logits.NOISE_1)
                        .contains(arguments.get()[0]));
    }

    /** The same with what steps are forced to use: rounding up, pages, sinks, and short contexts. */
    @ParameterizedTest
    @MethodSource("fewerCases")
    void keepsTargetsInWhatIsReallyUsed(Logits logits, ActionGrid grid, boolean sampled) {
        PolicySpec spec = Networks.spec(grid);
        SoftAssertions softly = new SoftAssertions();
        for (Episode episode : List.of(
                new Episode(2, 1, 64), new Episode(8, 16, 16), new Episode(300, 1, 16), new Episode(300, 16, 64))) {
            for (Budget target : targets(grid, 6)) {
                PolicyContext context = new PolicyContext(target, grid, 0);
                for (int steps : new int[] {136, 300}) { // at least 128 effective ones
                    Budget least = episode.run(observation -> grid.action(0), context, steps, steps);
                    Budget used = episode.run(session(spec, context, logits, sampled), context, steps, 4096);
                    for (Axis axis : Axis.values()) {
                        double attainable = Math.max(target.get(axis), least.get(axis));
                        softly.assertThat(axis.share(used.get(axis)))
                                .as("%s of %s, %s, %d steps", axis, target, episode, steps)
                                .isCloseTo(axis.share(attainable), within(TOLERANCE));
                    }
                }
            }
        }
        softly.assertAll();
    }

    private static PolicySession session(PolicySpec spec, PolicyContext context, Logits logits, boolean sampled) {
        BudgetController controller = controller(spec, context.target(), sampled);
        RandomGenerator random = Networks.random(7);
        float[] current = new float[spec.logits()];
        return observation -> {
            logits.fill(spec, observation.step(), random, current);
            return spec.grid().action(controller.choose(current, 0, observation.tracker(), observation.remaining()));
        };
    }

    static Stream<ActionGrid> grids() {
        return GRIDS.stream();
    }

    /** With the prior's logits alone, as an untrained network gives them, and where all is used that is chosen. */
    @ParameterizedTest
    @MethodSource("grids")
    void anUntrainedPolicyIsTheUniformOne(ActionGrid grid) {
        PolicySpec spec = Networks.spec(grid);
        int different = 0;
        int taken = 0;
        for (Budget target : targets(grid, 31)) {
            float[] prior = new float[spec.logits()];
            new PolicyPrior(spec).logits(target, prior, 0);
            BudgetController controller = BudgetController.greedy(spec, target);
            PolicyContext context = new PolicyContext(target, grid, 0);
            PolicySession uniform = Policies.byName("uniform").start(context);
            Observation observation = new Observation(context, 4096, 0, 0);
            for (int step = 0; step < 300; step++) {
                observation.begin(step, true);
                Action action =
                        grid.action(controller.choose(prior, 0, observation.tracker(), observation.remaining()));
                different += action.equals(uniform.next(observation)) ? 0 : 1;
                taken++;
                for (Axis axis : Axis.values()) {
                    assertThat(action.get(axis))
                            .as("%s of %s", axis, target)
                            .isBetween(
                                    grid.below(axis, target.get(axis) - 1e-9),
                                    grid.above(axis, target.get(axis) + 1e-9));
                }
                observation.record(action, action.attnKeep(), action.mlpKeep(), action.actBits());
            }
        }
        assertThat((double) different / taken).as("share of other actions").isLessThan(.02);
    }

    /** The same where more is used than is chosen: values beside what must be aimed at to repay it, and no others. */
    @ParameterizedTest
    @MethodSource("grids")
    void anUntrainedPolicyNeverMixesExtremes(ActionGrid grid) {
        PolicySpec spec = Networks.spec(grid);
        for (Budget target : targets(grid, 31)) {
            float[] prior = new float[spec.logits()];
            new PolicyPrior(spec).logits(target, prior, 0);
            BudgetController controller = BudgetController.greedy(spec, target);
            BudgetTracker tracker = new BudgetTracker(target);
            Map<Axis, double[]> seen = new EnumMap<>(Axis.class);
            for (int t = 0; t < 400; t++) {
                Action action = grid.action(controller.choose(prior, 0, tracker, 4096));
                // In the end this is repaid as fast as it is incurred.
                tracker.record(
                        Math.min(1, action.attnKeep() + .03),
                        Math.min(1, action.mlpKeep() + .02),
                        Math.min(16, action.actBits() + .2));
                if (t >= 200) {
                    for (Axis axis : Axis.values()) {
                        double[] range = seen.computeIfAbsent(axis, a -> new double[] {99, 0});
                        range[0] = Math.min(range[0], action.get(axis));
                        range[1] = Math.max(range[1], action.get(axis));
                    }
                }
            }
            seen.forEach((axis, range) -> assertThat(grid.above(axis, Math.nextUp(range[0])))
                    .as("next to the lowest value of %s, %s", axis, target)
                    .isGreaterThanOrEqualTo(range[1]));
        }
    }

    /**
     * Tokens whose logits say how much they want: those that get more are the ones that one tilt, found when all are known, would
     * give more.
     */
    @Test
    void ranksTokensAsOneTiltWould() {
        ActionGrid grid = ActionGrid.defaultGrid();
        PolicySpec spec = Networks.spec(grid);
        int tokens = 1024;
        for (double scale : new double[] {.1, 1, 10}) {
            for (double net : new double[] {.3, .5, .7}) {
                Budget target = Budget.ofNet(net, grid);
                RandomGenerator random = Networks.random(8);
                float[][] logits = new float[tokens][spec.logits()];
                BudgetController controller = BudgetController.greedy(spec, target);
                BudgetTracker tracker = new BudgetTracker(target);
                double[] taken = new double[tokens];
                for (int t = 0; t < tokens; t++) {
                    Logits.NOISE_1.fill(spec, t, random, logits[t]);
                    for (int i = 0; i < logits[t].length; i++) {
                        logits[t][i] *= (float) scale;
                    }
                    Action action = grid.action(controller.choose(logits[t], 0, tracker, 4 * tokens));
                    tracker.record(action.attnKeep(), action.mlpKeep(), action.actBits());
                    taken[t] = action.mlpKeep();
                }
                double[] offline = offline(spec, logits, Axis.MLP, tracker.mean(Axis.MLP));
                long same = IntStream.range(0, tokens)
                        .filter(t -> taken[t] == offline[t])
                        .count();
                assertThat((double) same / tokens)
                        .as("scale %s, net %s", scale, net)
                        .isGreaterThan(.9);
            }
        }
    }

    /** What the tokens take at the one tilt with which their mean is {@code mean}. */
    private static double[] offline(PolicySpec spec, float[][] logits, Axis axis, double mean) {
        double low = -1e4;
        double high = 1e4;
        double[] values = new double[logits.length];
        for (int i = 0; i < 80; i++) {
            double tilt = (low + high) / 2;
            for (int t = 0; t < values.length; t++) {
                double best = Double.NEGATIVE_INFINITY;
                for (int k = 0; k < spec.grid().size(axis); k++) {
                    double value = spec.grid().value(axis, k);
                    double score = logits[t][spec.logitOffset(axis) + k] + tilt * value;
                    if (score > best) {
                        best = score;
                        values[t] = value;
                    }
                }
            }
            if (Arrays.stream(values).average().orElseThrow() < mean) {
                low = tilt;
            } else {
                high = tilt;
            }
        }
        return values;
    }

    /** A joint head can want one axis for the sake of another; the tilt of an axis leaves that alone. */
    @Test
    void aJointHeadKeepsItsActionsTogether() {
        PolicySpec spec = Networks.spec(Grids.PAPER_2L);
        ActionGrid grid = spec.grid();
        Budget target = new Budget(.55, .8, 10.5);
        BudgetController controller = BudgetController.greedy(spec, target);
        BudgetTracker tracker = new BudgetTracker(target);
        RandomGenerator random = Networks.random(9);
        int together = 0;
        for (int t = 0; t < 1000; t++) {
            double wants = random.nextGaussian();
            float[] logits = new float[spec.logits()];
            for (int action = 0; action < grid.size(); action++) {
                int a = grid.coordinate(action, Axis.ATTN);
                int m = grid.coordinate(action, Axis.MLP);
                logits[action] = (float) (a == m ? 20 + (a == 1 ? wants : 0) : 0);
            }
            int action = controller.choose(logits, 0, tracker, 2000 - t);
            together += grid.coordinate(action, Axis.ATTN) == grid.coordinate(action, Axis.MLP) ? 1 : 0;
            Action chosen = grid.action(action);
            tracker.record(chosen.attnKeep(), chosen.mlpKeep(), chosen.actBits());
        }
        assertThat(together).isGreaterThan(950);
    }

    @Test
    void drawsAreReproducibleAndDependOnTheSeed() {
        PolicySpec spec = Networks.spec(ActionGrid.defaultGrid());
        assertThat(draws(spec, 1)).containsExactly(draws(spec, 1)).isNotEqualTo(draws(spec, 2));
    }

    private static int[] draws(PolicySpec spec, long seed) {
        Budget target = Budget.ofNet(.5, spec.grid());
        BudgetController controller = BudgetController.sampled(spec, target, seed);
        BudgetTracker tracker = new BudgetTracker(target);
        float[] logits = new float[spec.logits()];
        int[] drawn = new int[50];
        for (int t = 0; t < drawn.length; t++) {
            drawn[t] = controller.choose(logits, 0, tracker, 100);
            Action action = spec.grid().action(drawn[t]);
            tracker.record(action.attnKeep(), action.mlpKeep(), action.actBits());
        }
        return drawn;
    }

    /** Where the logits keep the target by themselves, sampling follows their softmax. */
    @Test
    void drawsByLikelihood() {
        PolicySpec spec = Networks.spec(ActionGrid.defaultGrid());
        ActionGrid grid = spec.grid();
        Budget target = new Budget(.5, .5, 8);
        float[] logits = new float[spec.logits()];
        new PolicyPrior(spec).logits(target, logits, 0);
        ActionDistribution distribution = new ActionDistribution(spec);
        distribution.set(logits, 0, 1);
        BudgetController controller = BudgetController.sampled(spec, target, 3);
        BudgetTracker tracker = new BudgetTracker(target);
        int draws = 40_000;
        int[] count = new int[grid.size(Axis.ATTN)];
        for (int t = 0; t < draws; t++) {
            int drawn = controller.choose(logits, 0, tracker, 2 * draws);
            count[grid.coordinate(drawn, Axis.ATTN)]++;
            Action action = grid.action(drawn);
            tracker.record(action.attnKeep(), action.mlpKeep(), action.actBits());
        }
        double sum = 0;
        double[] p = new double[count.length];
        for (int k = 0; k < p.length; k++) {
            p[k] = Math.exp(logits[k]);
            sum += p[k];
        }
        for (int k = 0; k < p.length; k++) {
            assertThat((double) count[k] / draws).as("value %d", k).isCloseTo(p[k] / sum, within(.015));
        }
    }

    /** The whole range of each axis, ends included, with the axes in different places of theirs. */
    private static List<Budget> targets(ActionGrid grid, int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> new Budget(
                        at(grid, Axis.ATTN, i / (n - 1.0)),
                        at(grid, Axis.MLP, i * 5 % n / (n - 1.0)),
                        at(grid, Axis.BITS, i * 7 % n / (n - 1.0))))
                .toList();
    }

    private static double at(ActionGrid grid, Axis axis, double fraction) {
        double minimum = grid.minimum(axis);
        return grid.clamp(axis, minimum + fraction * (grid.maximum(axis) - minimum));
    }
}
