package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.bench.Statistics.Spread;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void theMiddleOfAnOddNumber() {
        assertThat(Statistics.median(9, 1, 5)).isEqualTo(5);
        assertThat(Statistics.median(7)).isEqualTo(7);
    }

    @Test
    void theMeanOfTheMiddleOnesOfAnEvenNumber() {
        assertThat(Statistics.median(10, 1, 3, 4)).isEqualTo(3.5);
    }

    @Test
    void leavesItsArgumentsAlone() {
        double[] values = {3, 1, 2};
        assertThat(Spread.of(values)).isEqualTo(new Spread(2, 1, 3));
        assertThat(values).containsExactly(3, 1, 2);
    }

    @Test
    void ofNothingThereIsNone() {
        assertThatThrownBy(Statistics::median).isInstanceOf(IllegalArgumentException.class);
    }
}
