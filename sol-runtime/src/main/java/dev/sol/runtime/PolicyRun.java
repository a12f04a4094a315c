package dev.sol.runtime;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;
import dev.sol.policy.BudgetTracker;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;

/**
 * A policy at work on one sequence: shows it what it asks to see before an effective step, and books what its choice really used.
 * Whoever runs a policy on a model does it with this class, so that what a policy is trained and measured on is what it meets when
 * it serves. For one thread.
 *
 * <pre>{@code
 * Action action = run.choose(step, token, state); // `state` is that before the token
 * // decode the token with the action
 * run.book(action, usage);
 * }</pre>
 */
public final class PolicyRun {
    private final PolicySession session;
    private final Observation observation;
    private final KnobReach reach;
    private final boolean wantsHidden;
    private final boolean wantsEmbedding;
    private final boolean wantsEntropy;

    /**
     * Starts the policy.
     *
     * @param target what the realised means are to meet
     * @param steps the most steps that the sequence can take, at least 1
     * @param embeddingLength floats in a hidden state and in a token embedding
     * @param reach of the knobs in this model
     * @param seed of the policy's random choices
     * @throws IllegalArgumentException if the policy cannot work towards the target
     */
    public PolicyRun(ComputePolicy policy, Budget target, int steps, int embeddingLength, KnobReach reach, long seed) {
        PolicyContext context = new PolicyContext(target, policy.grid(), seed);
        this.session = policy.start(context);
        this.wantsHidden = policy.needsHidden();
        this.wantsEmbedding = policy.needsEmbedding();
        this.wantsEntropy = policy.needsEntropy();
        this.observation = new Observation(
                context, steps, wantsHidden ? embeddingLength : 0, wantsEmbedding ? embeddingLength : 0);
        this.reach = reach;
    }

    /**
     * Chooses the action of an effective step.
     *
     * @param step from 0, ineffective steps included
     * @param token that the step decodes
     * @param state of the sequence before the step
     */
    public Action choose(int step, int token, ObservedState state) {
        return session.next(observe(step, token, state));
    }

    /** As {@link #choose}, for who chooses without the policy's session: what it would be shown, valid until the next call. */
    public Observation observe(int step, int token, ObservedState state) {
        observation.begin(step, true);
        if (wantsHidden) {
            state.hidden(observation.hidden());
        }
        if (wantsEmbedding) {
            state.embedding(token, observation.embedding());
        }
        if (wantsEntropy) {
            observation.previousEntropy(state.entropy());
        }
        return observation;
    }

    /**
     * Ends the step.
     *
     * @param action what was chosen
     * @param usage what the native counters say of it
     * @return what the step has realised
     */
    public Budget book(Action action, StepUsage usage) {
        Budget realised = new Budget(
                reach.attn() ? usage.attn() : Action.DENSE.attnKeep(),
                reach.mlp() ? usage.mlp() : Action.DENSE.mlpKeep(),
                reach.bits() ? action.actBits() : Action.DENSE.actBits());
        observation.record(action, realised.attn(), realised.mlp(), realised.bits());
        return realised;
    }

    /** Books what was realised before the sequence began, on average over {@code steps} effective steps. */
    public void bookEarlier(Budget mean, int steps) {
        for (int i = 0; i < steps; i++) {
            observation.tracker().record(mean.attn(), mean.mlp(), mean.bits());
        }
    }

    /** What the sequence has used so far; to be read only. */
    public BudgetTracker tracker() {
        return observation.tracker();
    }

    /** Whether {@link #choose} reads the entropy, which costs a pass over the vocabulary. */
    public boolean wantsEntropy() {
        return wantsEntropy;
    }
}
