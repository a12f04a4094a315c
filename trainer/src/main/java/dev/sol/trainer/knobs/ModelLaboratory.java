package dev.sol.trainer.knobs;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.Model;
import dev.sol.trainer.metrics.TeacherForcing;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A real model. One bench at a time; {@link #cancel} may come from any thread. */
final class ModelLaboratory implements Laboratory {
    private final Model model;
    private final List<int[]> windows;
    private final Protocol protocol;
    private final int threads;
    private final Object lock = new Object();
    private @Nullable TeacherForcing current;
    private boolean cancelled;

    ModelLaboratory(Model model, List<int[]> windows, Protocol protocol, int threads) {
        this.model = model;
        this.windows = windows;
        this.protocol = protocol;
        this.threads = threads;
    }

    @Override
    public Bench open(KnobOptions knobs) {
        TeacherForcing forcing = TeacherForcing.open(model, protocol.context(), protocol.prefix(), threads, knobs);
        synchronized (lock) {
            current = forcing;
            if (cancelled) {
                forcing.cancel();
            }
        }
        return new ModelBench(forcing);
    }

    /** Ends the running and every later measurement. */
    void cancel() {
        synchronized (lock) {
            cancelled = true;
            if (current != null) {
                current.cancel();
            }
        }
    }

    private final class ModelBench implements Bench {
        private final TeacherForcing forcing;

        ModelBench(TeacherForcing forcing) {
            this.forcing = forcing;
        }

        @Override
        public boolean reaches(Axis axis) {
            return forcing.layers().stream().anyMatch(layer -> switch (axis) {
                case ATTN -> layer.attention() != LayerKnobs.Attention.NONE;
                case MLP -> layer.units() > 0;
                case BITS -> layer.actBits();
            });
        }

        @Override
        public TeacherForcing.Result measure(Action action, IntConsumer progress) {
            return forcing.score(windows, action, progress);
        }

        @Override
        public void close() {
            synchronized (lock) {
                current = null;
            }
            forcing.close();
        }
    }
}
