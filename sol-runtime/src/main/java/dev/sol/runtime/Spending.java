package dev.sol.runtime;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import org.jspecify.annotations.Nullable;

/**
 * The compute of one completion: asks the policy before every effective step and books what the step really used. Without a
 * budget there are no knobs at all, and nothing to ask.
 */
final class Spending {

    private final Decoder decoder;
    private final KnobReach reach;
    private final @Nullable PolicyRun run;
    private int effectiveSteps;
    private long nanos;

    /**
     * @param budget null: none, and no knobs
     * @param steps the most steps of the completion; 0: there will be none
     */
    Spending(Decoder decoder, ComputePolicy policy, @Nullable Budget budget, int steps, long seed) {
        this.decoder = decoder;
        this.reach = KnobReach.of(decoder.layers());
        this.run = budget == null || steps == 0 ? null : start(policy, budget, steps, seed);
    }

    private PolicyRun start(ComputePolicy policy, Budget budget, int steps, long seed) {
        try {
            return new PolicyRun(policy, budget, steps, decoder.embeddingLength(), reach, seed);
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
        Action action = run == null || !effective ? dense(token) : budgeted(run, step, token);
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

    private Action budgeted(PolicyRun policy, int step, int token) {
        Action action = policy.choose(step, token, decoder);
        decoder.step(token, action);
        policy.book(action, decoder.usage());
        return action;
    }

    /** Means over the effective steps; null without any. */
    @Nullable Budget realised() {
        if (effectiveSteps == 0) {
            return null;
        }
        return run == null ? Budget.DENSE : run.tracker().realised().orElse(null);
    }

    /** How long all steps took together. */
    double millis() {
        return nanos / 1e6;
    }

    KnobReach reach() {
        return reach;
    }
}
