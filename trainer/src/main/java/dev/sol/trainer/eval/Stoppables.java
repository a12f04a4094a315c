package dev.sol.trainer.eval;

import java.util.ArrayList;
import java.util.List;

/** What Ctrl-C ends. Any thread. */
final class Stoppables {
    private final List<Runnable> running = new ArrayList<>();
    private boolean stopped;

    /** From now on {@link #stop} runs {@code cancel}, too; at once if it was called before. */
    synchronized void add(Runnable cancel) {
        running.add(cancel);
        if (stopped) {
            cancel.run();
        }
    }

    /** What is closed need not be ended. */
    synchronized void remove(Runnable cancel) {
        running.remove(cancel);
    }

    synchronized void stop() {
        stopped = true;
        running.forEach(Runnable::run);
    }
}
