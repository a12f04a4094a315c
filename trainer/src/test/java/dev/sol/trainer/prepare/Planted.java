package dev.sol.trainer.prepare;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/** Energies of neurons that fire in clusters, and clusters in larger ones, in a random order. */
final class Planted {
    static final int NEURONS = 256;
    static final int TOKENS = 600;

    /** [neurons] which cluster of 8 a neuron is of; clusters 4k … 4k + 3 are a larger one. */
    final int[] cluster;

    /** [neurons][tokens] */
    final float[][] energy = new float[NEURONS][TOKENS];

    /** @param noise energy of neurons whose cluster is quiet, compared with those whose cluster fires */
    Planted(long seed, double noise) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.cluster = IntStream.range(0, NEURONS).map(i -> i / 8).toArray();
        for (int i = NEURONS - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = cluster[i];
            cluster[i] = cluster[j];
            cluster[j] = swap;
        }
        for (int t = 0; t < TOKENS; t++) {
            boolean[] fires = new boolean[NEURONS / 8];
            for (int large = 0; large < NEURONS / 32; large++) {
                boolean active = random.nextDouble() < .4;
                for (int small = 0; small < 4; small++) {
                    fires[4 * large + small] = active && random.nextDouble() < .7;
                }
            }
            double total = 0;
            for (int i = 0; i < NEURONS; i++) {
                energy[i][t] = (float) (random.nextExponential() * (fires[cluster[i]] ? 1 : noise));
                total += energy[i][t];
            }
            for (int i = 0; i < NEURONS; i++) {
                energy[i][t] /= (float) total;
            }
        }
    }

    /** Groups of 8 neighbours that are a cluster. */
    long recovered(int[] order) {
        return IntStream.range(0, order.length / 8)
                .filter(group -> Arrays.stream(order, 8 * group, 8 * group + 8)
                                .map(neuron -> cluster[neuron])
                                .distinct()
                                .count()
                        == 1)
                .count();
    }

    /** Groups of 32 neighbours that are a larger cluster. */
    long recoveredLarge(int[] order) {
        return IntStream.range(0, order.length / 32)
                .filter(group -> Arrays.stream(order, 32 * group, 32 * group + 32)
                                .map(neuron -> cluster[neuron] / 4)
                                .distinct()
                                .count()
                        == 1)
                .count();
    }

    /** The mean share of energy that the best groups keep. */
    static double kept(float[][] energy, int[] order, int group, double share) {
        float[] token = new float[energy.length];
        double[] scores = new double[energy.length];
        double sum = 0;
        for (int t = 0; t < energy[0].length; t++) {
            for (int i = 0; i < token.length; i++) {
                token[i] = energy[i][t];
                scores[i] = energy[i][t];
            }
            sum += Kept.of(token, scores, order, group, share);
        }
        return sum / energy[0].length;
    }
}
