package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import java.util.function.Function;

/**
 * An allocation to compare a policy with, for any targets.
 *
 * @param name for people
 * @param grid the values that it chooses from
 * @param first the targets with which it should realise what the policy did, at a guess
 * @param spender gives it targets
 */
record Baseline(String name, ActionGrid grid, Budget first, Function<Budget, Spender> spender) {}
