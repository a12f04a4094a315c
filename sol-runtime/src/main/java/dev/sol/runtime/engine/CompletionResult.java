package dev.sol.runtime.engine;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.Execution;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A completion that has ended.
 *
 * @param text what was generated, up to the stop string
 * @param finishReason why it ended
 * @param promptTokens tokens of the prompt
 * @param completionTokens tokens generated, those of the stop string and the token that ended the text included
 * @param requested the targets; dense without a budget. Those that it began with, if there was a deadline
 * @param realised means over the effective steps of what they used, from the native counters; null without effective steps
 * @param policy the name of the policy; {@code dense} without a budget
 * @param execution how steps with knobs were computed
 * @param predictedMillisPerToken how long a step within {@code requested} was predicted to take; only of requests with a budget in
 *     milliseconds
 * @param steps decode steps: {@code completionTokens} - 1, as the first token comes from the prompt
 * @param stepMillis how long they took together: the policy and the decode, without what picks and delivers tokens. Of a decode that
 *     several completions shared, all of it: this is wall time
 * @param cappedMaxTokens how many tokens there was room for in the context, when that was less than asked for
 * @param unreached axes whose knob reaches no layer of the model: realised as dense
 * @param timings where the time went
 * @param trace one entry per token; null unless asked for
 * @param cachedTokens how many tokens of the prompt were not computed, since an earlier one had begun with them
 * @param tokens those of {@code text}, with log-probabilities: what {@link CompletionListener#onOutput} got; null unless asked for
 * @param prompt the tokens of the prompt, with log-probabilities; null unless asked for
 * @param deadlineMet whether the text was complete in time; null without a deadline
 */
public record CompletionResult(
        String text,
        FinishReason finishReason,
        int promptTokens,
        int completionTokens,
        Budget requested,
        @Nullable Budget realised,
        String policy,
        Execution execution,
        OptionalDouble predictedMillisPerToken,
        int steps,
        double stepMillis,
        OptionalInt cappedMaxTokens,
        List<Axis> unreached,
        Timings timings,
        @Nullable List<TraceEntry> trace,
        int cachedTokens,
        @Nullable List<TraceEntry> tokens,
        @Nullable List<TraceEntry> prompt,
        @Nullable Boolean deadlineMet) {

    public CompletionResult {
        unreached = List.copyOf(unreached);
        trace = trace == null ? null : List.copyOf(trace);
        tokens = tokens == null ? null : List.copyOf(tokens);
        prompt = prompt == null ? null : List.copyOf(prompt);
    }

    /** Mean time of a decode step; 0 without steps. */
    public double millisPerToken() {
        return steps == 0 ? 0 : stepMillis / steps;
    }
}
