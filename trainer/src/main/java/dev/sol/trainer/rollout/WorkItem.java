package dev.sol.trainer.rollout;

import dev.sol.policy.Budget;
import org.jspecify.annotations.Nullable;

/**
 * One input of a rollout: several schedules are tried on it. All that a trajectory depends on beside the model and the policy is in
 * here, so items can be worked on anywhere, in any order.
 *
 * @param id from 0, in the order in which a training run draws them
 * @param tokens the prefix, the T inputs' tokens and the last label: prefix + T + 1 of them, not copied
 * @param prefix how many run dense first; the step t reads tokens[prefix + t] and is scored on tokens[prefix + t + 1]
 * @param target what each schedule is to realise on average
 * @param startMean what the generation that the episode continues has realised so far; null if the episode is its start
 * @param startSteps over how many effective steps; 0 without {@code startMean}
 * @param seed of the sampling of actions
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
public record WorkItem(
        long id,
        int[] tokens,
        int prefix,
        Budget target,
        @Nullable Budget startMean,
        int startSteps,
        long seed) {
    /** @throws IllegalArgumentException if the parts contradict each other */
    public WorkItem {
        if (prefix < 1 || prefix > tokens.length - 2) {
            throw new IllegalArgumentException("a prefix of %d of %d tokens".formatted(prefix, tokens.length));
        }
        if (startMean == null ? startSteps != 0 : startSteps < 1) {
            throw new IllegalArgumentException("%d steps before, with mean %s".formatted(startSteps, startMean));
        }
    }

    /** T, the steps of the episode. */
    public int steps() {
        return tokens.length - prefix - 1;
    }
}
