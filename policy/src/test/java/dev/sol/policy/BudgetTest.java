package dev.sol.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
    private static final ActionGrid GRID = ActionGrid.defaultGrid();

    @ParameterizedTest
    @CsvSource({
        "1,    1,    1,    16",
        ".6,   .6,   .6,   9.6",
        ".333, .333, .333, 5.328",
        ".3,   .3,   .3,   4.8",
        ".25,  .25,  .25,  4",
        // Bits stay at 4 (.25); attn and mlp share what is left of 3·net.
        ".2,   .175, .175, 4",
        ".15,  .1,   .1,   4",
        ".12,  .055, .055, 4",
    })
    void ofNet(double net, double attn, double mlp, double bits) {
        assertThat(Budget.ofNet(net, GRID)).isEqualTo(new Budget(attn, mlp, bits));
    }

    @ParameterizedTest
    @CsvSource({
        // The paper's finest grid ends at .1, .4 and 5 bits (.3125).
        ".45, .45,  .45, 7.2",
        ".4,  .4,   .4,  6.4",
        ".35, .325, .4,  5.2", // below .4 mlp stays, the two others share the rest
        ".3,  .1875, .4, 5", // then bits stay too
    })
    void ofNetOnAGridWithOtherEnds(double net, double attn, double mlp, double bits) {
        ActionGrid paper = new ActionGrid(new double[] {.1, 1}, new double[] {.4, 1}, new int[] {5, 16});
        assertThat(Budget.ofNet(net, paper)).isEqualTo(new Budget(attn, mlp, bits));
    }

    @Test
    void ofNetSpreadsAShortfallToo() {
        // mlp cannot exceed .5, attn not fall under .4.
        ActionGrid grid = new ActionGrid(new double[] {.4, 1}, new double[] {.1, .5}, new int[] {4, 16});
        assertThat(Budget.ofNet(.7, grid)).isEqualTo(new Budget(.8, .5, 12.8));
        assertThat(Budget.ofNet(.3, grid)).isEqualTo(new Budget(.4, .25, 4));
        assertThat(Budget.ofNet(2.5 / 3, grid)).isEqualTo(new Budget(1, .5, 16));
        assertThatThrownBy(() -> Budget.ofNet(.9, grid))
                .hasMessage("budget must be between 0.25 (the minimum) and 0.8333, but is 0.9");
    }

    @Test
    void ofNetHasThatNet() {
        for (double net = .117; net < 1; net += .00137) {
            assertThat(Budget.ofNet(net, GRID).net()).isCloseTo(net, within(1e-9));
        }
    }

    @Test
    void unattainableNetNamesTheMinimum() {
        var e = catchThrowableOfType(UnattainableBudgetException.class, () -> Budget.ofNet(.1, GRID));
        assertThat(e).hasMessage("budget must be between 0.1167 (the minimum) and 1, but is 0.1");
        assertThat(e.field()).isEqualTo("budget");
        assertThat(e.minimum()).isCloseTo((.05 + .05 + .25) / 3, within(1e-12));
        assertThat(e.maximum()).isEqualTo(1);
        assertThat(Budget.ofNet(.1167, GRID).net()).isCloseTo(.1167, within(1e-9));
        assertThat(Budget.ofNet(.35 / 3, GRID)).isEqualTo(new Budget(.05, .05, 4));
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.NEGATIVE_INFINITY, -.6, 0, 1.01, Double.POSITIVE_INFINITY})
    void netOutOfRange(double net) {
        assertThatThrownBy(() -> Budget.ofNet(net, GRID))
                .isInstanceOf(UnattainableBudgetException.class)
                .hasMessageStartingWith("budget must be between 0.1167")
                .hasMessageEndingWith("is " + net);
    }

    @Test
    void axesThatAreNotGivenAreNotLimited() {
        assertThat(Budget.of(null, null, null, GRID)).isEqualTo(Budget.DENSE);
        assertThat(Budget.of(.12, null, null, GRID)).isEqualTo(new Budget(.12, 1, 16));
        assertThat(Budget.of(null, .33, null, GRID)).isEqualTo(new Budget(1, .33, 16));
        assertThat(Budget.of(null, null, 6.5, GRID)).isEqualTo(new Budget(1, 1, 6.5));
        assertThat(Budget.of(.05, .05, 4.0, GRID)).isEqualTo(new Budget(.05, .05, 4));
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, 0, .049, 1.001, -1})
    void eachAxisIsCheckedOnTheGrid(double value) {
        assertThatThrownBy(() -> Budget.of(value, 1.0, 16.0, GRID))
                .isInstanceOf(UnattainableBudgetException.class)
                .hasMessage("budget.attn must be between 0.05 (the minimum) and 1, but is " + value);
        assertThatThrownBy(() -> Budget.of(1.0, value, 16.0, GRID))
                .isInstanceOf(UnattainableBudgetException.class)
                .hasMessage("budget.mlp must be between 0.05 (the minimum) and 1, but is " + value);
        assertThatThrownBy(() -> Budget.of(1.0, 1.0, value, GRID))
                .isInstanceOf(UnattainableBudgetException.class)
                .hasMessage("budget.bits must be between 4 (the minimum) and 16, but is " + value);
    }

    @Test
    void budgetsAreInRange() {
        assertThatThrownBy(() -> new Budget(0, 1, 16)).hasMessageStartingWith("attn must be");
        assertThatThrownBy(() -> new Budget(1, Double.NaN, 16)).hasMessageStartingWith("mlp must be");
        assertThatThrownBy(() -> new Budget(1, 1, 3.9)).hasMessageStartingWith("bits must be");
    }

    @Test
    void net() {
        assertThat(Budget.DENSE.net()).isEqualTo(1);
        assertThat(new Budget(.2, .6, 8).net()).isCloseTo(1.3 / 3, within(1e-12));
    }
}
