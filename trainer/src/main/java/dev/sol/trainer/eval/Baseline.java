package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An allocation to compare a policy with, for any targets.
 *
 * @param name for people
 * @param grid the values that it chooses from
 * @param first the targets with which it should realise what the policy did, at a guess
 * @param spender gives it targets
 * @param path its own split for each net keep rate, so that only the net can be made equal; null: every axis is
 */
record Baseline(
        String name,
        ActionGrid grid,
        Budget first,
        Function<Budget, Spender> spender,
        @Nullable DoubleFunction<Budget> path) {

    Baseline(String name, ActionGrid grid, Budget first, Function<Budget, Spender> spender) {
        this(name, grid, first, spender, null);
    }
}
