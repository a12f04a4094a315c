package dev.sol.trainer.stats;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Percentile intervals by the paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13): two
 * treatments of the same units are compared on units drawn with replacement, both on the same ones, so that what makes a unit
 * hard for both cancels.
 *
 * <p>Units must be independent of each other: windows of a text rather than its tokens. The draws are those of the seed, equal in
 * every call and on every machine, so that intervals do not depend on what was computed before. For any thread.
 *
 * @param resamples number of draws, at least 1
 * @param confidence share of the draws within the interval, between 0 and 1: .95
 * @param seed of the draws
 */
public record PairedBootstrap(int resamples, double confidence, long seed) {
    private static final RandomGeneratorFactory<RandomGenerator> GENERATOR =
            RandomGeneratorFactory.of("L64X128MixRandom");

    /** @throws IllegalArgumentException if a value is out of range */
    public PairedBootstrap {
        if (resamples < 1) {
            throw new IllegalArgumentException("a bootstrap needs at least 1 resample, not " + resamples);
        }
        if (!(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException("the confidence must be between 0 and 1, not " + confidence);
        }
    }

    /**
     * The interval of (Σ treated − Σ baseline) / Σ size: the difference of two means over all that the units hold.
     *
     * @param treated [units] the sum over each unit under the treatment
     * @param baseline [units] the sum over the same unit without it
     * @param size [units] what each sum is over: its number of tokens, say; more than 0
     * @throws IllegalArgumentException if the arrays differ in length or are empty, or a value is not finite
     */
    public Interval meanDifference(double[] treated, double[] baseline, double[] size) {
        double[] differences = differences(treated, baseline, size);
        RandomGenerator random = GENERATOR.create(seed);
        double[] means = new double[resamples];
        for (int i = 0; i < resamples; i++) {
            double sum = 0;
            double weight = 0;
            for (int j = 0; j < differences.length; j++) {
                int unit = random.nextInt(differences.length);
                sum += differences[unit];
                weight += size[unit];
            }
            means[i] = sum / weight;
        }
        Arrays.sort(means);
        double tail = (1 - confidence) / 2;
        return new Interval(Quantiles.ofSorted(means, tail), Quantiles.ofSorted(means, 1 - tail));
    }

    private static double[] differences(double[] treated, double[] baseline, double[] size) {
        int units = treated.length;
        if (units == 0 || baseline.length != units || size.length != units) {
            throw new IllegalArgumentException("%d treated units, %d of the baseline and %d sizes are no pairs"
                    .formatted(units, baseline.length, size.length));
        }
        double[] differences = new double[units];
        for (int i = 0; i < units; i++) {
            differences[i] = treated[i] - baseline[i];
            if (!Double.isFinite(differences[i]) || !(size[i] > 0 && Double.isFinite(size[i]))) {
                throw new IllegalArgumentException("unit %d cannot be compared: %s treated, %s of the baseline, size %s"
                        .formatted(i, treated[i], baseline[i], size[i]));
            }
        }
        return differences;
    }
}
