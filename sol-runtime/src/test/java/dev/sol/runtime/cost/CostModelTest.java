package dev.sol.runtime.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CostModelTest {
    private static final CostModel TRUTH =
            new CostModel(new AttendedPositions(4, 2, 16), 5, 0.01, 0.001, 0.002, 20, 24, 0.5);

    /** What a calibration would measure, with some noise. */
    private static List<CostSample> samples(double noise) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
        List<CostSample> samples = new ArrayList<>();
        for (int depth : Calibration.depths(2_056)) {
            for (Action action : Calibration.ACTIONS) {
                double millis = TRUTH.millis(action, depth) * (1 + noise * random.nextGaussian());
                samples.add(new CostSample(action, depth, millis));
            }
        }
        return samples;
    }

    @Test
    void aStepIsTheSumOfItsParts() {
        assertThat(TRUTH.millis(Action.DENSE, 1_599)).isCloseTo(5 + 16 + 1.6 + 20, within(1e-9));
        assertThat(TRUTH.millis(new Action(0.5, 0.25, 8), 1_599)).isCloseTo(5 + 8 + 1.6 + 3.2 + 6 + 0.5, within(1e-9));
    }

    /** The depths and actions of the calibration suffice to tell all coefficients apart. */
    @Test
    void theFitFindsWhatTheSamplesWereMadeOf() {
        CostModel fitted = CostModel.fit(TRUTH.attended(), samples(0));

        double[] coefficients = fitted.coefficients();
        double[] truth = TRUTH.coefficients();
        for (int i = 0; i < truth.length; i++) {
            assertThat(coefficients[i]).as(CostModel.NAMES.get(i)).isCloseTo(truth[i], within(1e-4 * truth[i]));
        }
        assertThat(fitted.error(samples(0))).isLessThan(1e-6);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.05})
    void noiseDoesNotCarryTheFitAway(double noise) {
        CostModel fitted = CostModel.fit(TRUTH.attended(), samples(noise));

        assertThat(fitted.error(samples(0))).isLessThan(noise);
        for (double coefficient : fitted.coefficients()) {
            assertThat(coefficient).isNotNegative().isFinite();
        }
    }

    @Test
    void theErrorIsTheMedianOfRelativeOnes() {
        Action dense = Action.DENSE;
        double exact = TRUTH.millis(dense, 99);
        List<CostSample> measured = List.of(
                new CostSample(dense, 99, exact),
                new CostSample(dense, 99, exact / 1.1),
                new CostSample(dense, 99, exact / 0.6),
                new CostSample(dense, 99, exact / 2));

        assertThat(TRUTH.error(measured)).isCloseTo(0.25, within(1e-9)); // between .1 and .4
        assertThat(TRUTH.error(measured.subList(0, 3))).isCloseTo(0.1, within(1e-9));
        assertThatThrownBy(() -> TRUTH.error(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatCannotBe() {
        AttendedPositions attended = TRUTH.attended();
        assertThatThrownBy(() -> CostModel.fit(attended, List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CostModel(attended, 0, 0, 0, 0, 0, 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
        for (double wrong : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new CostModel(attended, 1, wrong, 0, 0, 0, 0, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new CostSample(Action.DENSE, 0, wrong))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
