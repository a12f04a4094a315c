/** Texts under policies and budgets: what allocations of compute are worth, at equal realised means. */
@NullMarked
package dev.sol.trainer.eval;

import org.jspecify.annotations.NullMarked;
