package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WeightAverageTest {
    @Test
    void beginsAsThePlainMeanAndForgetsLater() {
        WeightAverage average = new WeightAverage(.75);
        SortedMap<String, float[]> mean = weights(100); // the start has no part in it
        // the means of the first 1, 2, 3 and 4; then 3/4 of the mean and 1/4 of the new
        float[] expected = {2, 3, 4, 5, 6.25f};
        for (int update = 1; update <= expected.length; update++) {
            mean = average.update(mean, weights(2 * update), update);
            assertThat(mean.get("w")).containsExactly(expected[update - 1]);
        }
    }

    @Test
    void withoutDecayIsTheLast() {
        SortedMap<String, float[]> last = weights(3);
        assertThat(new WeightAverage(0).update(weights(1), last, 7)).isSameAs(last);
    }

    @Test
    void leavesWhatItIsGivenAsItIs() {
        SortedMap<String, float[]> mean = weights(1);
        SortedMap<String, float[]> now = weights(3);
        new WeightAverage(.5).update(mean, now, 9);
        assertThat(mean.get("w")).containsExactly(1);
        assertThat(now.get("w")).containsExactly(3);
    }

    @Test
    void refusesADecayThatNeverMoves() {
        assertThatThrownBy(() -> new WeightAverage(1)).hasMessageContaining("0…1");
        assertThatThrownBy(() -> new WeightAverage(Double.NaN)).hasMessageContaining("0…1");
    }

    private static SortedMap<String, float[]> weights(float value) {
        return new TreeMap<>(Map.of("w", new float[] {value}));
    }
}
