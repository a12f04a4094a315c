package dev.sol.trainer.prepare;

import java.util.Arrays;

/** How much of the neurons' energy survives when units are chosen: what a choice is worth, between 0 and 1. */
final class Kept {
    private Kept() {}

    /**
     * The kept share of one token's energy.
     *
     * @param energy [neurons] sums to 1
     * @param scores [neurons] the units with the greatest sums of these are kept
     * @param order [neurons] the neuron at each position; neighbours make up units
     * @param group neurons in a unit, a divisor of their number
     * @param share ρ; ⌈ρ·units⌉ are kept
     */
    static double of(float[] energy, double[] scores, int[] order, int group, double share) {
        int units = order.length / group;
        double[] score = new double[units];
        double[] worth = new double[units];
        for (int i = 0; i < order.length; i++) {
            score[i / group] += scores[order[i]];
            worth[i / group] += energy[order[i]];
        }
        int kept = (int) Math.ceil(share * units);
        double[] sorted = score.clone();
        Arrays.sort(sorted);
        double threshold = sorted[units - kept];
        int ties = kept - (int) Arrays.stream(score).filter(s -> s > threshold).count();
        double sum = 0;
        for (int unit = 0; unit < units; unit++) {
            // Ties go to the lower index.
            if (score[unit] > threshold || (score[unit] == threshold && ties-- > 0)) {
                sum += worth[unit];
            }
        }
        return sum;
    }
}
