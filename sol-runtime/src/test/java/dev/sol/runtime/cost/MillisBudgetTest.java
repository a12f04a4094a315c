package dev.sol.runtime.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import org.junit.jupiter.api.Test;

class MillisBudgetTest {
    private static final ActionGrid GRID = ActionGrid.defaultGrid();

    /** 1 ms, .01 ms per position, 20 ms for MLPs, which cost more where they skip. */
    private static final CostModel COSTS = new CostModel(new AttendedPositions(4, 2, 1), 1, 0.01, 0, 0, 20, 22, 0.5);

    private static MillisBudget resolve(double limit, int depth) {
        return MillisBudget.resolve(limit, COSTS, depth, GRID);
    }

    @Test
    void timeEnoughIsDense() {
        double dense = COSTS.millis(Action.DENSE, 999);
        assertThat(resolve(dense, 999)).isEqualTo(new MillisBudget(Budget.DENSE, dense));
        assertThat(resolve(1e6, 999).target()).isEqualTo(Budget.DENSE);
    }

    /** A twentieth of attention is worth .5 ms, one of MLPs 1.1 ms, but the first two of them only get the 2 ms of skipping back. */
    @Test
    void whatSparesMostIsGivenUpFirst() {
        assertThat(resolve(29.9, 999)).isEqualTo(new MillisBudget(new Budget(0.85, 1, 16), 1 + 8.5 + 20));
        MillisBudget less = resolve(25, 999);
        assertThat(less.target()).isEqualTo(new Budget(1, 0.6, 16));
        assertThat(less.millis()).isCloseTo(1 + 10 + 13.2, within(1e-9));
    }

    @Test
    void theMostForLessTimeIsNeverMore() {
        for (int depth : new int[] {0, 100, 5_000}) {
            double minimum = COSTS.millis(new Action(0.05, 0.05, 16), depth);
            double dense = COSTS.millis(Action.DENSE, depth);
            double previous = 0;
            for (int i = 0; i <= 200; i++) {
                double limit = minimum + (dense - minimum) * i / 200;
                MillisBudget bought = resolve(limit, depth);

                assertThat(bought.millis()).isLessThanOrEqualTo(limit + 1e-9);
                assertThat(bought.target().bits()).isEqualTo(16);
                assertThat(bought.target().net()).isGreaterThanOrEqualTo(previous - 1e-12);
                previous = bought.target().net();
            }
            assertThat(previous).isEqualTo(1);
        }
    }

    /** No pair on the grid that is within the time keeps more, or as much for less. */
    @Test
    void nothingBetterIsForSale() {
        MillisBudget bought = resolve(17, 700);
        for (double attn : GRID.values(Axis.ATTN)) {
            for (double mlp : GRID.values(Axis.MLP)) {
                double millis = COSTS.millis(new Action(attn, mlp, 16), 700);
                double more = new Budget(attn, mlp, 16).net() - bought.target().net();
                assertThat(millis > 17 || more < -1e-9 || (more < 1e-9 && millis >= bought.millis()))
                        .as("%s %s", attn, mlp)
                        .isTrue();
            }
        }
    }

    @Test
    void tooLittleTimeNamesTheLeast() {
        double minimum = COSTS.millis(new Action(0.05, 0.05, 16), 999);
        assertThatThrownBy(() -> resolve(1, 999))
                .isInstanceOfSatisfying(
                        UnattainableMillisException.class,
                        e -> assertThat(e.minimum()).isEqualTo(minimum))
                .hasMessage("ms_per_token must be at least 2.6 (the minimum at a depth of 999 tokens), but is 1.0");
        assertThat(resolve(2.6, 999).target()).isEqualTo(new Budget(0.05, 0.05, 16));
    }

    @Test
    void policiesWithAGridOfTheirOwn() {
        ActionGrid grid = new ActionGrid(new double[] {0.5}, new double[] {0.3, 0.6}, new int[] {8});
        MillisBudget bought = MillisBudget.resolve(1e6, COSTS, 999, grid);

        assertThat(bought.target()).isEqualTo(new Budget(0.5, 0.6, 8));
    }
}
