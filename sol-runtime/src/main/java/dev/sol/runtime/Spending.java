package dev.sol.runtime;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import org.jspecify.annotations.Nullable;

/**
 * The compute of one completion: asks the policy before every effective step and books what the step really used. Without a
 * budget there are no knobs at all, and nothing to ask.
 */
final class Spending {

    /** A policy at work. */
    private record Session(
            PolicySession policy,
            Observation observation,
            boolean wantsHidden,
            boolean wantsEmbedding,
            boolean wantsEntropy) {}

    private final Decoder decoder;
    private final KnobReach reach;
    private final @Nullable Session session;
    private int effectiveSteps;
    private long nanos;

    /**
     * @param budget null: none, and no knobs
     * @param steps the most steps of the completion; 0: there will be none
     */
    Spending(Decoder decoder, ComputePolicy policy, @Nullable Budget budget, int steps, long seed) {
        this.decoder = decoder;
        this.reach = KnobReach.of(decoder.layers());
        if (budget == null || steps == 0) {
            this.session = null;
            return;
        }
        PolicyContext context = new PolicyContext(budget, policy.grid(), seed);
        this.session = new Session(
                start(policy, context),
                new Observation(
                        context,
                        steps,
                        policy.needsHidden() ? decoder.embeddingLength() : 0,
                        policy.needsEmbedding() ? decoder.embeddingLength() : 0),
                policy.needsHidden(),
                policy.needsEmbedding(),
                policy.needsEntropy());
    }

    private static PolicySession start(ComputePolicy policy, PolicyContext context) {
        try {
            return policy.start(context);
        } catch (IllegalArgumentException e) {
            throw RequestException.invalid(
                    "budget", "the policy %s cannot keep this budget: %s".formatted(policy.name(), e.getMessage()));
        }
    }

    /**
     * Decodes one token.
     *
     * @param step from 0
     * @param visible positions that dense attention would attend, the token's own included
     * @return what the step was given to spend; dense without a budget, and when it is not effective
     */
    Action step(int step, int token, int visible) {
        long start = System.nanoTime();
        boolean effective = visible > decoder.forcedPositions();
        Action action = session == null || !effective ? dense(token) : budgeted(session, step, token);
        if (effective) {
            effectiveSteps++;
        }
        nanos += System.nanoTime() - start;
        return action;
    }

    private Action dense(int token) {
        decoder.step(token, null);
        return Action.DENSE;
    }

    private Action budgeted(Session session, int step, int token) {
        Observation observation = session.observation();
        observation.begin(step, true);
        if (session.wantsHidden()) {
            decoder.hidden(observation.hidden());
        }
        if (session.wantsEmbedding()) {
            decoder.embedding(token, observation.embedding());
        }
        if (session.wantsEntropy()) {
            observation.previousEntropy(decoder.entropy());
        }
        Action action = session.policy().next(observation);
        decoder.step(token, action);
        StepUsage usage = decoder.usage();
        observation.record(
                action,
                reach.attn() ? usage.attn() : 1,
                reach.mlp() ? usage.mlp() : 1,
                reach.bits() ? action.actBits() : Action.DENSE.actBits());
        return action;
    }

    /** Means over the effective steps; null without any. */
    @Nullable Budget realised() {
        if (effectiveSteps == 0) {
            return null;
        }
        return session == null
                ? Budget.DENSE
                : session.observation().tracker().realised().orElse(null);
    }

    /** How long all steps took together. */
    double millis() {
        return nanos / 1e6;
    }

    KnobReach reach() {
        return reach;
    }
}
