package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class KeptTest {
    private static final float[] ENERGY = {.1f, .4f, .2f, .3f};
    private static final double[] SAME = {.1, .4, .2, .3};

    @Test
    void theBestUnits() {
        assertThat(Kept.of(ENERGY, SAME, new int[] {0, 1, 2, 3}, 1, .5)).isCloseTo(.7, within(1e-6));
        assertThat(Kept.of(ENERGY, SAME, new int[] {0, 1, 2, 3}, 2, .5)).isCloseTo(.5, within(1e-6));
        assertThat(Kept.of(ENERGY, SAME, new int[] {1, 3, 0, 2}, 2, .5)).isCloseTo(.7, within(1e-6));
        assertThat(Kept.of(ENERGY, SAME, new int[] {1, 3, 0, 2}, 2, .51)).isCloseTo(1, within(1e-6));
    }

    @Test
    void chosenBySomethingElse() {
        double[] wrong = {1, 0, 1, 0};
        assertThat(Kept.of(ENERGY, wrong, new int[] {0, 1, 2, 3}, 1, .5)).isCloseTo(.3, within(1e-6));
        assertThat(Kept.of(ENERGY, wrong, new int[] {0, 1, 2, 3}, 1, .75))
                .as("ties go to the lower index")
                .isCloseTo(.7, within(1e-6));
    }
}
