package dev.sol.runtime.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Lets stock and ours take turns, so that a machine that gets slower or faster does so for both.
 *
 * @param rounds how many are wanted
 * @param steps of each side in a round; 0 = as many as take a fifth of a second, {@value #LEAST_STEPS} to {@value #MOST_STEPS}
 */
record Rounds(int rounds, int steps, Quiet quiet) {
    static final int LEAST_STEPS = 5;
    static final int MOST_STEPS = 200;

    private static final double SIDE_MILLIS = 200;
    private static final int WARM_UP = 3;

    /** Turns of each side in a round: short ones, as a virtual machine's speed changes within tenths of a second. */
    private static final int TURNS = 4;

    /** A turn's first steps find the caches full of the other's data. */
    private static final int NOT_COUNTED = 1;

    /** Rounds that others disturbed are repeated, up to so many times as many as are wanted. */
    private static final int PATIENCE = 3;

    /**
     * Who takes turns.
     *
     * @param bare stock, with a model whose FFNs have hardly a neuron left; only for cases of FFNs
     * @param bareShare neurons that it has, as a share of those of the model
     */
    record Sides(Side stock, Side ours, Optional<Side> bare, double bareShare) {}

    /**
     * Measures.
     *
     * @param done told of every round that counts
     * @throws BenchException if others disturb too many of them
     */
    void run(Sides sides, Consumer<Row.Round> done) throws InterruptedException {
        double[] warm = sides.stock().steps(WARM_UP);
        sides.ours().steps(WARM_UP);
        sides.bare().ifPresent(side -> side.steps(WARM_UP));
        int n = steps > 0 ? steps : stepsOf(warm[WARM_UP - 1]);

        int counted = 0;
        for (int tried = 0; counted < rounds; tried++) {
            if (tried == PATIENCE * rounds) {
                throw new BenchException("other programs run again and again: only %d of %d rounds were undisturbed."
                                .formatted(counted, tried)
                        + " End them, or measure anyway with --force");
            }
            quiet.await();
            double[] medians = new double[3];
            double others = quiet.watch(() -> takeTurns(sides, n, medians));
            if (quiet.accepts(others)) {
                counted++;
                done.accept(new Row.Round(
                        medians[0], medians[1], withoutFfn(medians[0], medians[2], sides.bareShare()), others));
            }
        }
    }

    /** @param medians of stock, ours and the model without FFNs */
    private static void takeTurns(Sides sides, int n, double[] medians) {
        List<Side> all = new ArrayList<>(List.of(sides.stock(), sides.ours()));
        sides.bare().ifPresent(all::add);
        int turns = Math.min(TURNS, n);
        int counted = Math.ceilDiv(n, turns);
        double[][] times = new double[all.size()][turns * counted];
        for (int turn = 0; turn < turns; turn++) {
            for (int i = 0; i < times.length; i++) {
                double[] steps = all.get(i).steps(NOT_COUNTED + counted);
                System.arraycopy(steps, NOT_COUNTED, times[i], turn * counted, counted);
            }
        }
        for (int i = 0; i < times.length; i++) {
            medians[i] = Statistics.median(times[i]);
        }
    }

    /** @param millis of a step */
    static int stepsOf(double millis) {
        return (int) Math.clamp(Math.ceil(SIDE_MILLIS / millis), LEAST_STEPS, MOST_STEPS);
    }

    /** The few neurons that are left take their share of the time, too. */
    static double withoutFfn(double whole, double bare, double bareShare) {
        return bare - (whole - bare) * bareShare / (1 - bareShare);
    }
}
