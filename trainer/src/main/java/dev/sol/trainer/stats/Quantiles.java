package dev.sol.trainer.stats;

/** Quantiles of a sample. */
public final class Quantiles {
    private Quantiles() {}

    /**
     * The quantile with linear interpolation between the order statistics: type 7 of Hyndman and Fan (1996), the default of R and
     * NumPy.
     *
     * @param sorted ascending, not empty
     * @param share 0 (least) to 1 (greatest)
     * @throws IllegalArgumentException if the sample is empty, or {@code share} out of range
     */
    public static double ofSorted(double[] sorted, double share) {
        if (sorted.length == 0) {
            throw new IllegalArgumentException("an empty sample has no quantiles");
        }
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a quantile's share must be from 0 to 1, not " + share);
        }
        double place = share * (sorted.length - 1);
        int below = (int) place;
        double rest = place - below;
        return rest == 0 ? sorted[below] : sorted[below] + rest * (sorted[below + 1] - sorted[below]);
    }
}
