package dev.sol.trainer.eval;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Random orders. */
final class Shuffle {
    // Named, so that a seed means the same on every Java version.
    private static final RandomGeneratorFactory<RandomGenerator> RANDOM = RandomGeneratorFactory.of("L64X128MixRandom");

    private Shuffle() {}

    /** A generator whose stream is that of the seed. */
    static RandomGenerator random(long seed) {
        return RANDOM.create(seed);
    }

    /** Puts the values in a random order, each order being as likely. */
    static void shuffle(int[] values, RandomGenerator random) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int value = values[i];
            values[i] = values[j];
            values[j] = value;
        }
    }
}
