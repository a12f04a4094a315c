package dev.sol.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.learned.PolicyWeights;
import java.util.List;
import java.util.concurrent.CancellationException;

/** What all kinds of rollouts have to do when somebody cancels them. */
final class Cancelling {
    private static final long AMID_MILLIS = 200;

    private Cancelling() {}

    /** They end the run that they are in, and every later one. */
    static void endsRuns(Rollouts rollouts, List<WorkItem> items, PolicyWeights weights) throws InterruptedException {
        Thread canceller = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(AMID_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            rollouts.cancel();
        });
        assertThatThrownBy(() -> {
                    for (; ; ) {
                        rollouts.run(items, weights, 1, 16);
                    }
                })
                .isInstanceOf(CancellationException.class);
        canceller.join();
        assertThatThrownBy(() -> rollouts.run(items, weights, 1, 2)).isInstanceOf(CancellationException.class);
    }
}
