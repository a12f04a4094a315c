/**
 * Decides how much compute each token gets. Pure Java; knows neither the model nor the native library.
 *
 * <p>A {@link dev.sol.policy.Budget} says what a generation may spend on average. Before every effective decode step a
 * {@link dev.sol.policy.PolicySession} reads an {@link dev.sol.policy.Observation} and picks an {@link
 * dev.sol.policy.Action} of an {@link dev.sol.policy.ActionGrid}. What the step then really used goes into a {@link
 * dev.sol.policy.BudgetTracker}, and the next choice steers on it.
 *
 * <pre>{@code
 * ComputePolicy policy = Policies.byName("uniform");
 * Budget target = Budget.ofNet(0.6, policy.grid());
 * PolicyContext context = new PolicyContext(target, policy.grid(), seed);
 * PolicySession session = policy.start(context);
 * Observation observation = new Observation(context, steps, hiddenSize, embeddingSize);
 * for (int step = 0; step < steps; step++) {
 *     boolean effective = kvLength > sinks + window + 1;
 *     observation.begin(step, effective);
 *     Action action = effective ? session.next(observation) : Action.DENSE;
 *     // decode one token with the action, read what it used
 *     if (effective) observation.record(action, attn, mlp, bits);
 * }
 * }</pre>
 */
@NullMarked
package dev.sol.policy;

import org.jspecify.annotations.NullMarked;
