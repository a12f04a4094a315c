package dev.sol.trainer.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How long the decode steps of policies take when they serve: one sequence at a time, policy, page summaries and refresh included.
 * Policies take turns and each window is repeated; the quickest time of each step counts, as what else the machine does makes steps
 * slower, never faster, and so does code that the JVM has not compiled yet: steps of tiny models are repeated for a while. For one thread.
 */
final class StepTiming {
    private static final int ROUNDS = 3;
    private static final long LEAST_NANOS = 1_500_000_000L;

    private StepTiming() {}

    /** Somebody whose steps are timed: on a model with one lane, that skips. */
    record Subject(PolicyEvaluation evaluation, Spender spender) {}

    /** [subjects] The mean over the steps of each, ms. */
    static List<Double> millisPerToken(List<Subject> subjects, long seed) {
        List<double[]> quickest = new ArrayList<>();
        long start = System.nanoTime();
        for (int round = 0; round < ROUNDS || System.nanoTime() - start < LEAST_NANOS; round++) {
            for (int i = 0; i < subjects.size(); i++) {
                Subject subject = subjects.get(i);
                double[] steps = subject.evaluation()
                        .run(subject.spender(), seed, _ -> {})
                        .stepMillis();
                if (round == 0) {
                    quickest.add(steps);
                } else {
                    double[] best = quickest.get(i);
                    Arrays.setAll(best, step -> Math.min(best[step], steps[step]));
                }
            }
        }
        return quickest.stream()
                .map(steps -> Arrays.stream(steps).average().orElse(Double.NaN))
                .toList();
    }
}
