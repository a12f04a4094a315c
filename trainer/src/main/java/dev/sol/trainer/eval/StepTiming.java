package dev.sol.trainer.eval;

import java.util.Arrays;

/**
 * How long the decode steps of a policy take when it serves: one sequence at a time, policy included. Steps are repeated, and the
 * quickest time of each counts: what else the machine does makes steps slower, never faster. For one thread.
 */
final class StepTiming {
    private static final int REPEATS = 3;

    private final PolicyEvaluation evaluation;

    /** @param evaluation of a model with one lane, on the first windows of those that are compared */
    StepTiming(PolicyEvaluation evaluation) {
        this.evaluation = evaluation;
    }

    /** The mean over the steps. */
    double millisPerToken(Spender spender, long seed) {
        double[] quickest = evaluation.run(spender, seed, _ -> {}).stepMillis();
        for (int i = 1; i < REPEATS; i++) {
            double[] again = evaluation.run(spender, seed, _ -> {}).stepMillis();
            for (int j = 0; j < quickest.length; j++) {
                quickest[j] = Math.min(quickest[j], again[j]);
            }
        }
        return Arrays.stream(quickest).average().orElse(Double.NaN);
    }
}
