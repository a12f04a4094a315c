package dev.sol.trainer.knobs;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.KnobOptions;
import dev.sol.trainer.metrics.TeacherForcing;
import java.util.function.IntConsumer;

/** Where cells are measured: a model and the windows of a text. */
interface Laboratory {

    /** A context, which the caller closes. */
    Bench open(KnobOptions knobs);

    /** One meaning of the knobs. */
    interface Bench extends AutoCloseable {
        /** Whether the knob reaches any layer of the model. */
        boolean reaches(Axis axis);

        /**
         * Scores all windows.
         *
         * @param progress told how many tokens were scored since it was told last
         * @throws java.util.concurrent.CancellationException when it was interrupted
         */
        TeacherForcing.Result measure(Action action, IntConsumer progress);

        @Override
        void close();
    }
}
