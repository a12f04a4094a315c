package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PolicyPriorTest {
    static Stream<ActionGrid> grids() {
        return Stream.of(
                Grids.PAPER_2L,
                Grids.PAPER_3L,
                Grids.PAPER_FULL,
                ActionGrid.defaultGrid(),
                new ActionGrid(new double[] {.3}, new double[] {.1, .11, .9}, new int[] {4, 16}));
    }

    static Stream<Arguments> gridsAndWidths() {
        return grids().flatMap(grid -> Stream.of(.01, .1, 1.0).map(width -> Arguments.of(grid, width)));
    }

    @ParameterizedTest
    @MethodSource("gridsAndWidths")
    void theMeanIsTheTarget(ActionGrid grid, double width) {
        PolicySpec spec = new PolicySpec(1, 4, 1, 1, 1, false, width, grid);
        PolicyPrior prior = new PolicyPrior(spec);
        ActionDistribution distribution = new ActionDistribution(spec);
        float[] logits = new float[spec.logits()];
        int n = 97;
        for (int i = 0; i < n; i++) {
            Budget target = new Budget(
                    at(grid, Axis.ATTN, i / (n - 1.0)),
                    at(grid, Axis.MLP, i * 7 % n / (n - 1.0)),
                    at(grid, Axis.BITS, i * 23 % n / (n - 1.0)));
            prior.logits(target, logits, 0);
            distribution.set(logits, 0, 1);
            for (Axis axis : Axis.values()) {
                assertThat(axis.share(distribution.mean(axis)))
                        .as("%s of %s", axis, target)
                        .isCloseTo(axis.share(target.get(axis)), within(3e-6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("grids")
    void anEndIsTheEnd(ActionGrid grid) {
        PolicySpec spec = Networks.spec(grid);
        float[] logits = new float[spec.logits() + 1];
        ActionDistribution distribution = new ActionDistribution(spec);
        for (Axis axis : Axis.values()) {
            for (double end : new double[] {grid.minimum(axis), grid.maximum(axis)}) {
                Budget target = new Budget(
                        axis == Axis.ATTN ? end : grid.maximum(Axis.ATTN),
                        axis == Axis.MLP ? end : grid.maximum(Axis.MLP),
                        axis == Axis.BITS ? end : grid.maximum(Axis.BITS));
                new PolicyPrior(spec).logits(target, logits, 1);
                for (float logit : logits) {
                    assertThat(logit).isFinite();
                }
                distribution.set(logits, 1, 1);
                assertThat(grid.action(distribution.greedy()).get(axis)).isEqualTo(end);
                assertThat(distribution.logProbability(distribution.greedy())).isGreaterThan(-1e-3);
            }
        }
    }

    /** A tilt can then reach every value, from neighbour to neighbour. */
    @ParameterizedTest
    @MethodSource("grids")
    void isStrictlyConcave(ActionGrid grid) {
        PolicySpec spec = Networks.spec(grid);
        if (spec.joint()) {
            return; // covered by the axes
        }
        float[] logits = new float[spec.logits()];
        for (int i = 0; i <= 40; i++) {
            Budget target = new Budget(
                    at(grid, Axis.ATTN, i / 40.0), at(grid, Axis.MLP, i / 40.0), at(grid, Axis.BITS, i / 40.0));
            new PolicyPrior(spec).logits(target, logits, 0);
            for (Axis axis : Axis.values()) {
                int first = spec.logitOffset(axis);
                for (int k = 1; k < grid.size(axis) - 1; k++) {
                    double left = (logits[first + k] - logits[first + k - 1])
                            / (grid.value(axis, k) - grid.value(axis, k - 1));
                    double right = (logits[first + k + 1] - logits[first + k])
                            / (grid.value(axis, k + 1) - grid.value(axis, k));
                    assertThat(right).isLessThan(left);
                }
            }
        }
    }

    private static double at(ActionGrid grid, Axis axis, double fraction) {
        double minimum = grid.minimum(axis);
        return grid.clamp(axis, minimum + fraction * (grid.maximum(axis) - minimum));
    }
}
