package dev.sol.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActionGridTest {
    private static final ActionGrid GRID = ActionGrid.defaultGrid();
    private static final ActionGrid SMALL =
            new ActionGrid(new double[] {.1, .6, 1}, new double[] {.4, 1}, new int[] {5, 16});

    @Test
    void defaultGrid() {
        assertThat(GRID.size()).isEqualTo(20 * 20 * 13);
        assertThat(GRID.values(Axis.ATTN))
                .containsExactly(
                        .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75, .8, .85, .9, .95, 1);
        assertThat(GRID.values(Axis.MLP)).isEqualTo(GRID.values(Axis.ATTN));
        assertThat(GRID.values(Axis.BITS)).containsExactly(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    }

    @Test
    void numbersActionsWithBitsFastest() {
        assertThat(IntStream.range(0, SMALL.size()).mapToObj(SMALL::action))
                .startsWith(new Action(.1, .4, 5), new Action(.1, .4, 16), new Action(.1, 1, 5))
                .endsWith(new Action(1, 1, 5), Action.DENSE)
                .hasSize(12);
    }

    @Test
    void indexOfInvertsAction() {
        for (int i = 0; i < GRID.size(); i++) {
            assertThat(GRID.indexOf(GRID.action(i))).isEqualTo(i);
        }
    }

    @Test
    void indexOfAForeignActionIsMinusOne() {
        assertThat(SMALL.indexOf(new Action(.5, 1, 16))).isEqualTo(-1);
        assertThat(SMALL.indexOf(new Action(1, .5, 16))).isEqualTo(-1);
        assertThat(SMALL.indexOf(new Action(1, 1, 15))).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({
        // value, below, nearest, above
        ".01, .1, .1, .1",
        ".1,  .1, .1, .1",
        ".3,  .1, .1, .6",
        ".35, .1, .1, .6",
        ".36, .1, .6, .6",
        ".6,  .6, .6, .6",
        ".99, .6, 1,  1",
        "1.5, 1,  1,  1",
        "-9,  .1, .1, .1",
    })
    void neighbours(double value, double below, double nearest, double above) {
        assertThat(SMALL.below(Axis.ATTN, value)).isEqualTo(below);
        assertThat(SMALL.nearest(Axis.ATTN, value)).isEqualTo(nearest);
        assertThat(SMALL.above(Axis.ATTN, value)).isEqualTo(above);
    }

    @Test
    void clampKeepsValuesBetweenGridValues() {
        assertThat(SMALL.clamp(Axis.BITS, 7.3)).isEqualTo(7.3);
        assertThat(SMALL.clamp(Axis.BITS, 4)).isEqualTo(5);
        assertThat(SMALL.clamp(Axis.MLP, 2)).isEqualTo(1);
    }

    @Test
    void isUnaffectedByLaterChangesOfItsArrays() {
        double[] attn = {.5, 1};
        ActionGrid grid = new ActionGrid(attn, attn, new int[] {16});
        ActionGrid same = new ActionGrid(new double[] {.5, 1}, new double[] {.5, 1}, new int[] {16});
        attn[0] = .7;
        grid.values(Axis.MLP)[0] = .7;
        assertThat(grid).isEqualTo(same).hasSameHashCodeAs(same).isNotEqualTo(SMALL);
    }

    @Test
    void rejectsBadAxes() {
        double[] ok = {1};
        int[] bits = {16};
        assertThatThrownBy(() -> new ActionGrid(new double[0], ok, bits))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("attn");
        assertThatThrownBy(() -> new ActionGrid(ok, new double[] {.5, .5}, bits))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mlp");
        assertThatThrownBy(() -> new ActionGrid(ok, new double[] {.5, Double.NaN}, bits))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mlp");
        assertThatThrownBy(() -> new ActionGrid(ok, ok, new int[] {3, 16}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bits");
    }

    @Test
    void rejectsBadIndexes() {
        assertThatThrownBy(() -> SMALL.action(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> SMALL.action(12)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 16, attn",
        "1.01, 1, 16, attn",
        "NaN, 1, 16, attn",
        "1, -.5, 16, mlp",
        "1, Infinity, 16, mlp",
        "1, 1, 3, bits",
        "1, 1, 17, bits",
    })
    void actionsAreInRange(double attn, double mlp, int bits, String field) {
        assertThatThrownBy(() -> new Action(attn, mlp, bits))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(field + " must be");
    }

    @Test
    void denseAction() {
        assertThat(new Action(1, 1, 16).isDense()).isTrue();
        assertThat(new Action(1, 1, 15).isDense()).isFalse();
    }
}
