package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LowestTest {
    /** Few different numbers, so that there are ties; infinities, as edges have them. */
    private static final double[] NUMBERS = {Double.NEGATIVE_INFINITY, -1, -.0, .5, 2, 3, Double.POSITIVE_INFINITY};

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 65, 129})
    void findsWhatALookAtAllFinds(int slots) {
        Lowest lowest = new Lowest(slots);
        double[] plain = new double[slots];
        Arrays.fill(plain, Double.POSITIVE_INFINITY);
        RandomGenerator random = Networks.random(slots);
        assertThat(lowest.slot()).isZero();
        for (int i = 0; i < 5000; i++) {
            int slot = random.nextInt(slots);
            plain[slot] = NUMBERS[random.nextInt(NUMBERS.length)];
            lowest.set(slot, plain[slot]);
            assertThat(lowest.get(slot)).isEqualTo(plain[slot]);
            assertThat(lowest.slot()).isEqualTo(first(plain));
        }
    }

    private static int first(double[] values) {
        int lowest = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] < values[lowest]) {
                lowest = i;
            }
        }
        return lowest;
    }
}
