package dev.sol.trainer.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class QuantilesTest {

    /** As {@code numpy.quantile([1, 2, 4, 8], …)}. */
    @Test
    void interpolatesBetweenOrderStatistics() {
        double[] sample = {1, 2, 4, 8};

        assertThat(Quantiles.ofSorted(sample, 0)).isEqualTo(1);
        assertThat(Quantiles.ofSorted(sample, 1)).isEqualTo(8);
        assertThat(Quantiles.ofSorted(sample, .5)).isEqualTo(3);
        assertThat(Quantiles.ofSorted(sample, .9)).isCloseTo(6.8, within(1e-12));
        assertThat(Quantiles.ofSorted(new double[] {7}, .3)).isEqualTo(7);
    }

    @Test
    void refusesWhatHasNone() {
        assertThatIllegalArgumentException().isThrownBy(() -> Quantiles.ofSorted(new double[0], .5));
        assertThatIllegalArgumentException().isThrownBy(() -> Quantiles.ofSorted(new double[1], 1.1));
        assertThatIllegalArgumentException().isThrownBy(() -> Quantiles.ofSorted(new double[1], Double.NaN));
    }
}
