/**
 * The learned policy: a small network that reads the model's state before each token and gives every action of a grid a
 * logit, the file it is kept in, and the controller that turns logits into actions which keep a budget.
 *
 * <p>{@link dev.sol.policy.learned.LearnedPolicy} is what a decode loop uses. {@link dev.sol.policy.learned.PolicyNetwork} and
 * {@link dev.sol.policy.learned.ActionDistribution} are for those who train: many sequences at a time, sampled without a
 * controller.
 */
@NullMarked
package dev.sol.policy.learned;

import org.jspecify.annotations.NullMarked;
