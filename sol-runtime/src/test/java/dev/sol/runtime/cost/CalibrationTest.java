package dev.sol.runtime.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is measured, of a machine that is made up. */
class CalibrationTest {
    private static final CostModel TRUTH =
            new CostModel(new AttendedPositions(4, 2, 1), 0.1, 0.001, 0, 0.001, 0.2, 0.3, 0.05);

    /** Takes as long as {@link #TRUTH} says, but now and then ten times as long. */
    private static final class MadeUp implements StepTimer {
        private final int capacity;
        private final double speed;
        private int length;
        private int steps;
        private int longest;

        MadeUp(int capacity, double speed) {
            this.capacity = capacity;
            this.speed = speed;
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public int fill(int depth, int room) {
            assertThat(depth + room).isLessThanOrEqualTo(capacity);
            length = depth;
            return length;
        }

        @Override
        public double step(Action action) {
            assertThat(length).isLessThan(capacity);
            longest = Math.max(longest, length);
            double disturbance = steps++ % 11 == 0 ? 10 : 1;
            return TRUTH.millis(action, length++) / speed * disturbance;
        }
    }

    @Test
    void mediansIgnoreWhatDisturbs() {
        MadeUp timer = new MadeUp(Calibration.capacity(100_000), 1);
        List<CostSample> samples = Calibration.run(timer, () -> false);

        assertThat(samples).hasSize(3 * Calibration.ACTIONS.size());
        assertThat(TRUTH.error(samples)).isLessThan(0.01);
        assertThat(CostModel.fit(TRUTH.attended(), samples).error(samples)).isLessThan(0.01);
        assertThat(timer.longest).isBetween(2_048, 2_056);
    }

    @ParameterizedTest
    @CsvSource({"1, 384", "0.001, 96"
    }) // 15 rounds and one to warm up at 3 depths; 3 rounds of steps that take half a second
    void slowModelsAreMeasuredLessOften(double speed, int steps) {
        MadeUp timer = new MadeUp(Calibration.capacity(100_000), speed);
        Calibration.run(timer, () -> false);

        assertThat(timer.steps).isEqualTo(steps);
    }

    @ParameterizedTest
    @CsvSource({"256", "64", "20"})
    void shortContexts(int context) {
        MadeUp timer = new MadeUp(Calibration.capacity(context), 1);
        List<CostSample> samples = Calibration.run(timer, () -> false);

        assertThat(samples).isNotEmpty();
        assertThat(timer.longest).isLessThan(context);
        double dense = CostModel.fit(TRUTH.attended(), samples).millis(Action.DENSE, 0);
        assertThat(dense).isCloseTo(TRUTH.millis(Action.DENSE, 0), within(0.05));
    }

    @Test
    void itCanBeCancelled() {
        MadeUp timer = new MadeUp(1_000, 1);
        assertThatThrownBy(() -> Calibration.run(timer, () -> timer.steps == 5))
                .isInstanceOf(CancellationException.class);
        assertThat(timer.steps).isEqualTo(5);
    }
}
