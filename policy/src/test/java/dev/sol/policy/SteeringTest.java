package dev.sol.policy;

import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The policies that steer meet every attainable target, in the realised values. */
class SteeringTest {
    private static final int STEPS = 256;
    private static final ActionGrid GRID = ActionGrid.defaultGrid();
    private static final ActionGrid COARSE =
            new ActionGrid(new double[] {.1, .6, 1}, new double[] {.4, .8, 1}, new int[] {5, 7, 16});

    static Stream<Arguments> cases() {
        List<Episode> episodes = List.of(
                new Episode(2, 1, 64),
                new Episode(8, 1, 64),
                new Episode(8, 1, 16),
                new Episode(8, 16, 64),
                new Episode(300, 1, 64),
                new Episode(300, 1, 16),
                new Episode(300, 16, 64));
        return Stream.of("uniform", "random", "entropy", "drift")
                .flatMap(policy -> Stream.of(GRID, COARSE)
                        .flatMap(grid -> episodes.stream()
                                .flatMap(episode -> Stream.of(STEPS, 4096)
                                        .map(horizon -> Arguments.of(policy, grid, episode, horizon)))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void meetsAttainableTargets(String policy, ActionGrid grid, Episode episode, int horizon) {
        SoftAssertions softly = new SoftAssertions();
        for (Budget target : targets(grid)) {
            PolicyContext context = new PolicyContext(target, grid, 7);
            Budget least = episode.run(observation -> grid.action(0), context, STEPS, horizon);
            for (long seed = 0; seed < seeds(policy); seed++) {
                PolicyContext seeded = new PolicyContext(target, grid, seed);
                Budget used = episode.run(Policies.byName(policy).start(seeded), seeded, STEPS, horizon);
                for (Axis axis : Axis.values()) {
                    double attainable = Math.max(target.get(axis), least.get(axis));
                    softly.assertThat(used.get(axis))
                            .as("%s of %s, seed %d", axis, target, seed)
                            .isCloseTo(attainable, within(.01 * axis.dense()));
                }
            }
        }
        softly.assertAll();
    }

    /** Seeds change the draws of {@code random}, and the signals that the last two see. */
    private static int seeds(String policy) {
        return switch (policy) {
            case "uniform" -> 1;
            case "random" -> 5;
            default -> 2;
        };
    }

    /** The whole range of each axis, ends included, with the axes in different places of theirs. */
    private static List<Budget> targets(ActionGrid grid) {
        int n = 61;
        return IntStream.range(0, n)
                .mapToObj(i -> new Budget(
                        at(grid, Axis.ATTN, i / (n - 1.0)),
                        at(grid, Axis.MLP, i * 7 % n / (n - 1.0)),
                        at(grid, Axis.BITS, i * 23 % n / (n - 1.0))))
                .toList();
    }

    private static double at(ActionGrid grid, Axis axis, double fraction) {
        double minimum = grid.minimum(axis);
        return grid.clamp(axis, minimum + fraction * (grid.maximum(axis) - minimum));
    }
}
