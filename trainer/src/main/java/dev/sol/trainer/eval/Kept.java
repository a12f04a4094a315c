package dev.sol.trainer.eval;

import dev.sol.policy.Budget;

/**
 * A finished measurement of a policy or a baseline.
 *
 * @param measured what was found
 * @param target with which: a spender with this target does it again
 * @param distance how far its realised means are from what they should be, as a share of dense
 */
record Kept(Measured measured, Budget target, double distance) {}
