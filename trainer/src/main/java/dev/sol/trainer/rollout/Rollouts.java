package dev.sol.trainer.rollout;

import dev.sol.policy.learned.PolicyWeights;
import java.util.List;

/**
 * Produces trajectories. What comes back depends on the arguments alone, not on earlier calls or on the other items, so that an
 * implementation may spread items over machines, and a run that was interrupted can be repeated.
 */
public interface Rollouts extends AutoCloseable {
    /**
     * Tries schedules of a policy on inputs: actions are drawn from its distribution, without a controller.
     *
     * @param items what to work on
     * @param weights the policy
     * @param temperature divides the logits, more than 0
     * @param schedules K, on each item
     * @return one for each item, in their order
     * @throws java.util.concurrent.CancellationException if {@link #cancel} ended it
     */
    List<Trajectory> run(List<WorkItem> items, PolicyWeights weights, double temperature, int schedules);

    /** Ends the running call and every later one, soon. Any thread. */
    default void cancel() {}

    @Override
    void close();
}
