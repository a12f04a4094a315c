package dev.sol.trainer.grpo;

/** Mean and standard deviation of values as they come (Welford). */
final class Moments {
    private long count;
    private double mean;
    private double squares;

    void add(double value) {
        count++;
        double difference = value - mean;
        mean += difference / count;
        squares += difference * (value - mean);
    }

    long count() {
        return count;
    }

    /** 0 without values. */
    double mean() {
        return mean;
    }

    /** Of the values themselves: divided by their number. 0 without values. */
    double deviation() {
        return count == 0 ? 0 : Math.sqrt(squares / count);
    }
}
