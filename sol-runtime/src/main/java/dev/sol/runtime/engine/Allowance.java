package dev.sol.runtime.engine;

import dev.sol.policy.Budget;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cost.CostModel;
import dev.sol.runtime.cost.MillisBudget;
import dev.sol.runtime.cost.UnattainableMillisException;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a request may spend, when it is known how long it will be.
 *
 * @param budget the targets; null = dense, without knobs
 * @param predictedMillis how long a token within them should take, policy included; only if the request asked for a time
 * @param pace adjusts the targets; only of a request with a deadline
 */
record Allowance(
        @Nullable Budget budget,
        OptionalDouble predictedMillis,
        @Nullable Pace pace) {
    /** Of a request without a budget. */
    static final Allowance UNLIMITED = new Allowance(null, OptionalDouble.empty(), null);

    /**
     * Resolves a time per token at the depth of the middle step. The policy's own time is part of it.
     *
     * @throws RequestException if the time cannot be met
     * @throws java.util.concurrent.CancellationException if the task is cancelled while costs are measured
     */
    static Allowance of(CompletionTask task, Decoder decoder) {
        CompletionRequest request = task.request();
        if (request.deadlineMillis().isPresent()) {
            return paced(task, decoder);
        }
        if (request.millisPerToken().isEmpty()) {
            return new Allowance(request.budget(), OptionalDouble.empty(), null);
        }
        CostModel costs = decoder.costs(task::isCancelled);
        try {
            MillisBudget bought = MillisBudget.resolve(
                    request.millisPerToken().getAsDouble(),
                    decoder.policyMillis(request.policy()),
                    costs,
                    task.prompt().length + task.limit() / 2,
                    request.policy().grid());
            return new Allowance(bought.target(), OptionalDouble.of(bought.millis()), null);
        } catch (UnattainableMillisException e) {
            throw new RequestException("budget." + e.getMessage(), "budget.ms_per_token", "unattainable_budget");
        }
    }

    /** Of a deadline that cannot be met the least targets: an answer that comes late is better than none. */
    private static Allowance paced(CompletionTask task, Decoder decoder) {
        CostModel costs = decoder.costs(task::isCancelled);
        Pace pace = new Pace(
                costs,
                decoder.policyMillis(task.request().policy()),
                task.request().policy().grid(),
                task.leftMillis(),
                task.limit() - 1,
                task.prompt().length);
        return new Allowance(pace.target(), OptionalDouble.empty(), pace);
    }
}
