package dev.sol.trainer.eval;

/** Two values in turn, so that their mean is a third one between them. For one thread. */
final class ErrorDiffusion {
    /** Slack of a sum of values. */
    private static final double TOLERANCE = 1e-9;

    private final double low;
    private final double high;
    private final double share; // of the steps with the higher value
    private double owed;

    /**
     * @param mean from {@code low} to {@code high}
     * @param phase 0 to 1: how much of the distance to the higher value is owed at the start
     */
    ErrorDiffusion(double low, double high, double mean, double phase) {
        this.low = low;
        this.high = high;
        this.share = high > low ? (mean - low) / (high - low) : 0;
        this.owed = phase;
    }

    double next() {
        owed += share;
        if (owed < 1 - TOLERANCE) {
            return low;
        }
        owed--;
        return high;
    }
}
