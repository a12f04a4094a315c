package dev.sol.trainer.grpo;

/**
 * What an update makes larger: the clipped surrogate of PPO (Schulman et al., arXiv 1707.06347, equation 7) plus a bonus for the
 * policy's entropy, both averaged over the effective steps of the batch.
 *
 * @param clip ε: the probability of an action counts up to 1 ± ε times what it was when the action was drawn
 * @param entropy weight of the entropy, at least 0
 * @param temperature divides the logits, as it did when actions were drawn; more than 0
 */
public record Objective(double clip, double entropy, double temperature) {}
