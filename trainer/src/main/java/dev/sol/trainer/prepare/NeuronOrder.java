package dev.sol.trainer.prepare;

import java.util.stream.IntStream;

/**
 * An order of a layer's neurons in which groups of 8 and of 32 neighbours are active together: groups of 8 lie within groups of 32,
 * and those of the size that is asked for are searched first, for themselves.
 */
final class NeuronOrder {
    static final int SMALL = 8;
    static final int LARGE = 32;

    private NeuronOrder() {}

    /**
     * Searches the order.
     *
     * @param energy [neurons][tokens] as in {@link GroupSearch}; neurons are a multiple of {@code group}
     * @param group {@value #SMALL} or {@value #LARGE}
     * @param checkpoint called often; may throw to end the search
     * @return [neurons] which neuron comes to each position
     */
    static int[] search(float[][] energy, int group, long seed, Runnable checkpoint) {
        int[] order = GroupSearch.search(energy, group, seed, checkpoint);
        if (energy.length % LARGE != 0) {
            return order;
        }
        return group == SMALL
                ? largeOfSmall(order, energy, seed, checkpoint)
                : smallWithinLarge(order, energy, seed, checkpoint);
    }

    private static int[] largeOfSmall(int[] order, float[][] energy, long seed, Runnable checkpoint) {
        int tokens = energy[0].length;
        float[][] sums = new float[order.length / SMALL][tokens];
        for (int i = 0; i < order.length; i++) {
            float[] sum = sums[i / SMALL];
            float[] item = energy[order[i]];
            for (int t = 0; t < tokens; t++) {
                sum[t] += item[t];
            }
        }
        int[] ofGroups = GroupSearch.search(sums, LARGE / SMALL, seed, checkpoint);
        return IntStream.range(0, order.length)
                .map(i -> order[ofGroups[i / SMALL] * SMALL + i % SMALL])
                .toArray();
    }

    private static int[] smallWithinLarge(int[] order, float[][] energy, long seed, Runnable checkpoint) {
        float[][] ordered =
                IntStream.of(order).mapToObj(neuron -> energy[neuron]).toArray(float[][]::new);
        int[] within = GroupSearch.searchWithin(ordered, SMALL, LARGE, seed, checkpoint);
        return IntStream.of(within).map(position -> order[position]).toArray();
    }
}
