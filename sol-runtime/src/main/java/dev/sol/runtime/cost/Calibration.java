package dev.sol.runtime.cost;

import dev.sol.policy.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Measures what a {@link CostModel} is fitted to: steps of a few actions at a few depths, in turns, so that whatever else the machine
 * does meets all of them, and of each the median. Takes four seconds at most, and with a model whose steps take more than about 40 ms as
 * long as a hundred of them.
 */
public final class Calibration {
    private static final double TARGET_MILLIS = 4_000; // of all rounds together
    private static final int MIN_ROUNDS = 3;
    private static final int MAX_ROUNDS = 15;

    /** They tell the coefficients apart; what is not at an end keeps the fit from leaning on one measurement. */
    static final List<Action> ACTIONS = List.of(
            Action.DENSE,
            new Action(0.5, 1, 16),
            new Action(0.1, 1, 16),
            new Action(1, 0.6, 16),
            new Action(1, 0.1, 16),
            new Action(0.5, 0.5, 16),
            new Action(0.25, 0.25, 16),
            new Action(1, 1, 8));

    private static final int DEEPEST = 2_048;

    private final StepTimer timer;
    private final BooleanSupplier cancelled;

    private Calibration(StepTimer timer, BooleanSupplier cancelled) {
        this.timer = timer;
        this.cancelled = cancelled;
    }

    /** The positions that a calibration of a context of {@code contextLength} uses at most. */
    public static int capacity(int contextLength) {
        return Math.min(contextLength, DEEPEST + ACTIONS.size());
    }

    /**
     * Measures.
     *
     * @param cancelled asked before every step
     * @throws CancellationException when {@code cancelled}
     */
    public static List<CostSample> run(StepTimer timer, BooleanSupplier cancelled) {
        return new Calibration(timer, cancelled).run();
    }

    private List<CostSample> run() {
        List<CostSample> samples = new ArrayList<>();
        for (int depth : depths(timer.capacity())) {
            samples.addAll(at(depth));
        }
        return samples;
    }

    /** The deepest that leaves room for a round, a quarter and a sixteenth of it. */
    static List<Integer> depths(int capacity) {
        int deepest = Math.max(capacity - ACTIONS.size(), 0);
        return IntStream.of(deepest / 16, deepest / 4, deepest)
                .distinct()
                .boxed()
                .toList();
    }

    private List<CostSample> at(int depth) {
        // The first round warms up, too: what shifts and scores have put off is done there.
        double first = round(depth, 0).stream().mapToDouble(CostSample::millis).sum();
        double share = TARGET_MILLIS / depths(timer.capacity()).size();
        List<List<CostSample>> rounds = new ArrayList<>();
        for (int count = (int) Math.clamp(share / first, MIN_ROUNDS, MAX_ROUNDS); rounds.size() < count; ) {
            rounds.add(round(depth, rounds.size()));
        }
        return IntStream.range(0, ACTIONS.size())
                .mapToObj(action -> new CostSample(
                        ACTIONS.get(action),
                        (int) median(rounds, action, CostSample::depth),
                        median(rounds, action, CostSample::millis)))
                .toList();
    }

    private static double median(List<List<CostSample>> rounds, int action, ToDoubleFunction<CostSample> value) {
        return CostModel.median(rounds.stream()
                .mapToDouble(round -> value.applyAsDouble(round.get(action)))
                .toArray());
    }

    /** One step of each action, in their order; {@code first} is measured first, so that none has a place of its own. */
    private List<CostSample> round(int depth, int first) {
        int count = ACTIONS.size();
        CostSample[] samples = new CostSample[count];
        int reached = timer.fill(depth, count);
        for (int i = 0; i < count; i++) {
            if (cancelled.getAsBoolean()) {
                throw new CancellationException("the calibration was cancelled");
            }
            int next = (first + i) % count;
            Action action = ACTIONS.get(next);
            samples[next] = new CostSample(action, reached + i, timer.step(action));
        }
        return List.of(samples);
    }
}
