package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;
import dev.sol.policy.BudgetTracker;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.ObservedState;
import dev.sol.runtime.PolicyRun;
import dev.sol.runtime.RequestException;
import org.jspecify.annotations.Nullable;

/**
 * The compute of one completion: asks the policy before every effective step and books what the step really used. Without a
 * budget there are no knobs at all, and nothing to ask.
 */
final class Spending {
    private final Decoder decoder;
    private final CompletionTask task;
    private final ComputePolicy policy;
    private final KnobReach reach;
    private final @Nullable Pace pace;
    private final int steps;
    private final long seed;
    private final BudgetTracker total;
    private @Nullable PolicyRun run;
    private int runStart; // the step with which `run` began
    private Budget requested;

    // of the step that was chosen last
    private boolean effective;
    private @Nullable Action knobs;
    private int depth;

    private int effectiveSteps;
    private long nanos;
    private long lastBooked;

    /** @param seed of the policy's random choices */
    Spending(Decoder decoder, CompletionTask task, Allowance allowance, long seed) {
        Budget budget = allowance.budget();
        this.decoder = decoder;
        this.task = task;
        this.policy = task.request().policy();
        this.reach = KnobReach.of(decoder.layers());
        this.pace = allowance.pace();
        this.steps = task.limit() - 1;
        this.seed = seed;
        this.requested = budget == null ? Budget.DENSE : budget;
        this.total = new BudgetTracker(requested);
        this.run = budget == null || steps <= 0 ? null : start(budget);
    }

    private PolicyRun start(Budget budget) {
        try {
            return new PolicyRun(policy, budget, steps, decoder.embeddingLength(), reach, seed);
        } catch (IllegalArgumentException e) {
            throw RequestException.invalid(
                    "budget", "the policy %s cannot keep this budget: %s".formatted(policy.name(), e.getMessage()));
        }
    }

    /**
     * Chooses what a step may spend.
     *
     * @param step from 0
     * @param token that it decodes
     * @param visible positions that dense attention would attend, the token's own included
     * @param state of the sequence before the step
     * @return null: no knobs
     */
    @Nullable Action choose(int step, int token, int visible, ObservedState state) {
        long start = System.nanoTime();
        lastBooked = step == 0 ? start : lastBooked;
        depth = visible - 1;
        adjust(step);
        effective = visible > decoder.forcedPositions();
        knobs = run == null || !effective ? null : run.choose(step - runStart, token, state);
        nanos += System.nanoTime() - start;
        return knobs;
    }

    /** New targets are a new session of the policy, for the steps that are left. */
    private void adjust(int step) {
        if (pace == null || run == null) {
            return;
        }
        pace.adjust(step, task.leftMillis(), steps - step, depth).ifPresent(target -> {
            try {
                run = new PolicyRun(policy, target, steps - step, decoder.embeddingLength(), reach, seed);
                runStart = step;
                requested = step == 0 ? target : requested;
            } catch (
                    IllegalArgumentException e) { // targets that the policy does not know: it goes on with its old ones
                return;
            }
        });
    }

    /**
     * Ends the step that was chosen last.
     *
     * @param index of its token in the last batch
     * @param decodeNanos how long the batch took
     */
    void book(int index, long decodeNanos) {
        long start = System.nanoTime();
        if (effective) {
            effectiveSteps++;
        }
        Action chosen = knobs;
        if (chosen != null && run != null) {
            Budget realised = run.book(chosen, decoder.usage(index));
            total.record(realised.attn(), realised.mlp(), realised.bits());
        }
        long now = System.nanoTime();
        if (pace != null) {
            pace.observe((now - lastBooked) / 1e6, spent(), depth);
        }
        lastBooked = now;
        nanos += decodeNanos + now - start;
    }

    /** What the step that was booked last was given; dense without a budget, and when it was not effective. */
    Action spent() {
        return knobs == null ? Action.DENSE : knobs;
    }

    /** The targets with which the steps began; dense without any. */
    Budget requested() {
        return requested;
    }

    /** Means over the effective steps; null without any. */
    @Nullable Budget realised() {
        if (effectiveSteps == 0) {
            return null;
        }
        return run == null ? Budget.DENSE : total.realised().orElse(null);
    }

    /** How long all steps took together. */
    double millis() {
        return nanos / 1e6;
    }

    KnobReach reach() {
        return reach;
    }
}
