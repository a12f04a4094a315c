package dev.sol.trainer.eval;

import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import java.util.function.IntFunction;

/**
 * Who spends the compute of an evaluation.
 *
 * @param name for people
 * @param policies the policy of each window, by its number
 * @param target what every window's realised means are to meet; not every policy steers on it
 */
record Spender(String name, IntFunction<ComputePolicy> policies, Budget target) {

    /** The same policy for all windows. */
    static Spender of(ComputePolicy policy, Budget target) {
        return new Spender(policy.name(), _ -> policy, target);
    }

    /** Whether all that it will choose is known beforehand. */
    boolean isOpenLoop() {
        return policies.apply(0) instanceof OpenLoop;
    }
}
