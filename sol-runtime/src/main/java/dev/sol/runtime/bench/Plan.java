package dev.sol.runtime.bench;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpGate;
import java.util.List;
import java.util.function.Consumer;

/**
 * What is to be measured.
 *
 * @param name of the model
 * @param cases in order
 * @param cost whether the cost model is compared with them
 * @param rounds of each
 * @param steps of a turn; 0 = by their time
 * @param memory bytes that it takes
 * @param terms of both sides
 * @param context of ours, but for the knobs
 * @param knobs of ours, but for the gate
 * @param source where the model comes from
 */
record Plan(
        String name,
        List<BenchCase> cases,
        boolean cost,
        int rounds,
        int steps,
        long memory,
        Contest.Terms terms,
        ContextOptions context,
        KnobOptions knobs,
        Source source) {

    /** Has the model. */
    @FunctionalInterface
    interface Source {
        /**
         * The files, made if need be.
         *
         * @param say told what takes its time
         */
        Subject subject(Consumer<String> say);
    }

    /** The options of our context for cases with predicted gates, or for the others. */
    ContextOptions context(boolean predicted) {
        return context.withKnobs(knobs.withGate(predicted ? MlpGate.PREDICTED : MlpGate.EXACT));
    }
}
