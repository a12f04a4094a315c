package dev.sol.policy;

/** The state of a policy during one generation. For one thread, and one sequence. */
@FunctionalInterface
public interface PolicySession {
    /**
     * Chooses the action of the step that {@code observation} describes. Called once per effective step, in order.
     *
     * @param observation valid during the call only: the caller reuses it
     * @return an action of the context's grid
     */
    Action next(Observation observation);
}
