package dev.sol.trainer.corpus;

/**
 * A random order of the numbers 0 … n − 1 that needs no memory: where any of them stands is computed. A Feistel network permutes a
 * power of four that n fits in; what falls outside is permuted again until it falls inside (cycle walking). Immutable.
 */
final class Shuffle {
    private static final int ROUNDS = 6;

    private final long n;
    private final long seed;
    private final int half;
    private final long mask;

    /** @param n how many there are, at least 1 */
    Shuffle(long n, long seed) {
        if (n < 1) {
            throw new IllegalArgumentException("there is no order of " + n + " numbers");
        }
        this.n = n;
        this.seed = seed;
        int bits = Long.SIZE - Long.numberOfLeadingZeros(n - 1);
        this.half = Math.max(1, (bits + 1) / 2);
        this.mask = (1L << half) - 1;
    }

    /** What stands at {@code place}. */
    long at(long place) {
        long value = place;
        do {
            value = permute(value);
        } while (value >= n);
        return value;
    }

    private long permute(long value) {
        long left = value >>> half;
        long right = value & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ (mix(mix(seed + round) ^ right) & mask);
            left = right;
            right = next;
        }
        return (left << half) | right;
    }

    /** A bijection of 64 bits in which every bit depends on every one: the finisher of SplitMix64 (Steele, Lea, Flood 2014). */
    static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
