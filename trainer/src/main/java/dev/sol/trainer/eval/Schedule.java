package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import java.util.Iterator;
import java.util.List;

/**
 * Actions that were drawn beforehand, for one window.
 *
 * @param name for people
 * @param grid that the actions are of
 * @param actions of the effective steps, in order; a session fails after the last
 */
record Schedule(String name, ActionGrid grid, List<Action> actions) implements OpenLoop {

    @Override
    public Iterator<Action> actions(Budget target) {
        return actions.iterator();
    }
}
