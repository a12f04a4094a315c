package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.util.Iterator;
import java.util.List;

/**
 * Actions that were drawn beforehand, for one window.
 *
 * @param name for people
 * @param grid that the actions are of
 * @param actions of the effective steps, in order
 */
record Schedule(String name, ActionGrid grid, List<Action> actions) implements ComputePolicy {

    /** The session fails after the last action. */
    @Override
    public PolicySession start(PolicyContext context) {
        Iterator<Action> remaining = actions.iterator();
        return _ -> remaining.next();
    }
}
