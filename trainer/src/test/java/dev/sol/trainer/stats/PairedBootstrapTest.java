package dev.sol.trainer.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairedBootstrapTest {
    private static final PairedBootstrap BOOTSTRAP = new PairedBootstrap(10_000, .95, 1);

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private static double[] ones(int n) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Of two units that differ by 0 and 1, a resample's mean is 0, ½, ½ or 1, equally often. */
    @Test
    void theDistributionOfTwoUnits() {
        double[] treated = {3, 8};
        double[] baseline = {3, 7};

        assertThat(BOOTSTRAP.meanDifference(treated, baseline, ones(2))).isEqualTo(new Interval(0, 1));
        assertThat(new PairedBootstrap(10_000, .4, 1).meanDifference(treated, baseline, ones(2)))
                .isEqualTo(new Interval(.5, .5));
    }

    /** Units of 1 and of 3 tokens with differences 1 and 0: the mean over the tokens is 1, ¼, ¼ or 0. */
    @Test
    void unitsWeighWhatTheyHold() {
        Interval interval = new PairedBootstrap(10_000, .4, 1)
                .meanDifference(new double[] {1, 5}, new double[] {0, 5}, new double[] {1, 3});

        assertThat(interval).isEqualTo(new Interval(.25, .25));
    }

    /** Normal differences: the interval is the mean ± 1.96 σ/√n of the sample. What both sides share does not widen it. */
    @Test
    void normalDifferences() {
        int n = 1000;
        RandomGenerator random = random(42);
        double[] baseline = random.doubles(n).map(x -> 1e6 * x).toArray();
        double[] difference = IntStream.range(0, n)
                .mapToDouble(_ -> random.nextGaussian(.3, 2))
                .toArray();
        double[] treated = IntStream.range(0, n)
                .mapToDouble(i -> baseline[i] + difference[i])
                .toArray();
        double mean = Arrays.stream(difference).average().orElseThrow();
        double variance =
                Arrays.stream(difference).map(x -> (x - mean) * (x - mean)).sum() / n;
        double half = 1.96 * Math.sqrt(variance / n);

        Interval interval = BOOTSTRAP.meanDifference(treated, baseline, ones(n));

        assertThat(interval.lower()).isCloseTo(mean - half, within(.05 * half));
        assertThat(interval.upper()).isCloseTo(mean + half, within(.05 * half));
    }

    /** Of many samples' intervals, about 95% contain the truth: the percentile method covers a little less with 50 units. */
    @Test
    void coverage() {
        RandomGenerator random = random(7);
        PairedBootstrap bootstrap = new PairedBootstrap(1000, .95, 3);
        int covered = 0;
        for (int sample = 0; sample < 1000; sample++) {
            double[] treated = IntStream.range(0, 50)
                    .mapToDouble(_ -> random.nextGaussian(.1, 1))
                    .toArray();
            covered +=
                    bootstrap.meanDifference(treated, new double[50], ones(50)).contains(.1) ? 1 : 0;
        }
        assertThat(covered).isBetween(915, 965);
    }

    @Test
    void isDecidedByTheSeed() {
        RandomGenerator random = random(5);
        double[] treated = random.doubles(30).toArray();
        double[] baseline = random.doubles(30).toArray();
        Interval interval = BOOTSTRAP.meanDifference(treated, baseline, ones(30));

        assertThat(BOOTSTRAP.meanDifference(treated, baseline, ones(30))).isEqualTo(interval);
        assertThat(new PairedBootstrap(10_000, .95, 1).meanDifference(treated, baseline, ones(30)))
                .isEqualTo(interval);
        assertThat(new PairedBootstrap(10_000, .95, 2).meanDifference(treated, baseline, ones(30)))
                .isNotEqualTo(interval);
    }

    @Test
    void equalTreatmentsDoNotDiffer() {
        double[] both = random(3).doubles(20).toArray();

        assertThat(BOOTSTRAP.meanDifference(both, both, ones(20))).isEqualTo(new Interval(0, 0));
    }

    @Test
    void refusesWhatAreNoPairs() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BOOTSTRAP.meanDifference(new double[2], new double[3], ones(2)))
                .withMessageContaining("no pairs");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BOOTSTRAP.meanDifference(new double[0], new double[0], new double[0]));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BOOTSTRAP.meanDifference(new double[] {Double.NaN}, new double[1], ones(1)))
                .withMessageContaining("unit 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BOOTSTRAP.meanDifference(new double[1], new double[1], new double[1]));
        assertThatIllegalArgumentException().isThrownBy(() -> new PairedBootstrap(0, .95, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new PairedBootstrap(10, 1, 1));
    }
}
