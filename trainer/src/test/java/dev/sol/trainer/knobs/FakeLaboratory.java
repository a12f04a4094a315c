package dev.sol.trainer.knobs;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.KnobOptions;
import dev.sol.trainer.metrics.Spent;
import dev.sol.trainer.metrics.TeacherForcing;
import dev.sol.trainer.metrics.WindowLosses;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Ten windows of 20 tokens with losses from 40 to 67 nats. Each per cent that a knob spares costs .2 nats in every window; a window
 * is not quite the same as another.
 */
final class FakeLaboratory implements Laboratory {
    static final int WINDOWS = 10;
    static final int TOKENS = 20;

    final Set<Axis> reached = EnumSet.allOf(Axis.class);
    final List<Action> measured = new ArrayList<>();
    final List<KnobOptions> opened = new ArrayList<>();
    int open;
    int interruptAfter = Integer.MAX_VALUE;

    @Override
    public Bench open(KnobOptions knobs) {
        opened.add(knobs);
        open++;
        return new Bench() {
            @Override
            public boolean reaches(Axis axis) {
                return reached.contains(axis);
            }

            @Override
            public TeacherForcing.Result measure(Action action, IntConsumer progress) {
                if (measured.size() == interruptAfter) {
                    throw new CancellationException();
                }
                measured.add(action);
                progress.accept(WINDOWS * TOKENS);
                return result(action);
            }

            @Override
            public void close() {
                open--;
            }
        };
    }

    private static TeacherForcing.Result result(Action action) {
        double spared = (1 - action.attnKeep()) + (1 - action.mlpKeep()) + (1 - action.actBits() / 16.0);
        double[] nats = IntStream.range(0, WINDOWS)
                .mapToDouble(i -> 40 + 3 * i + spared * (20 + i % 3))
                .toArray();
        double[] tokens = IntStream.range(0, WINDOWS).mapToDouble(_ -> TOKENS).toArray();
        return new TeacherForcing.Result(
                new WindowLosses(nats, tokens), new Spent(action.attnKeep() + .01, action.mlpKeep() + .001));
    }
}
