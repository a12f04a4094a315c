package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.util.Iterator;

/** A policy that looks at nothing: what it will choose is known beforehand, so that many steps can be computed at once. */
interface OpenLoop extends ComputePolicy {

    /** The actions of the effective steps, in order; at least as many as there are. */
    Iterator<Action> actions(Budget target);

    @Override
    default PolicySession start(PolicyContext context) {
        Iterator<Action> remaining = actions(context.target());
        return _ -> remaining.next();
    }
}
