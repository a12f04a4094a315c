package dev.sol.policy;

/** The newest signals of a generation, in which the current one has a rank. */
final class SignalWindow {
    private static final int LENGTH = 128;

    private final double[] signals = new double[LENGTH];
    private int added;

    /** Adds the current signal; the oldest one makes room. */
    void add(double signal) {
        signals[added++ % LENGTH] = signal;
    }

    /** The number of signals, the current one included. */
    int size() {
        return Math.min(added, LENGTH);
    }

    /** How many are above {@code signal}. */
    int above(double signal) {
        int count = 0;
        for (int i = 0; i < size(); i++) {
            count += signals[i] > signal ? 1 : 0;
        }
        return count;
    }

    /** How many are equal to {@code signal}: itself, and those that tie with it. */
    int equalTo(double signal) {
        int count = 0;
        for (int i = 0; i < size(); i++) {
            count += signals[i] == signal ? 1 : 0;
        }
        return count;
    }
}
