package dev.sol.policy;

/**
 * What a policy is told when a generation starts.
 *
 * @param target what the realised means are to meet
 * @param grid the actions to choose from
 * @param seed of every random choice: equal seeds and equal observations give equal actions
 */
public record PolicyContext(Budget target, ActionGrid grid, long seed) {}
