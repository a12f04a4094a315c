package dev.sol.runtime;

import dev.sol.policy.Budget;
import dev.sol.runtime.cost.CostModel;
import dev.sol.runtime.cost.MillisBudget;
import dev.sol.runtime.cost.UnattainableMillisException;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a request may spend, when it is known how long it will be.
 *
 * @param budget the targets; null = dense, without knobs
 * @param predictedMillis how long a token within them should take, policy included; only if the request asked for a time
 */
record Allowance(@Nullable Budget budget, OptionalDouble predictedMillis) {
    /** Of a request without a budget. */
    static final Allowance UNLIMITED = new Allowance(null, OptionalDouble.empty());

    /**
     * Resolves a time per token at the depth of the middle step. The policy's own time is part of it.
     *
     * @param prompt tokens of the prompt
     * @param limit the most tokens to generate
     * @param cancelled asked while costs are measured
     * @throws RequestException if the time cannot be met
     */
    static Allowance of(CompletionRequest request, Decoder decoder, int prompt, int limit, BooleanSupplier cancelled) {
        if (request.millisPerToken().isEmpty()) {
            return new Allowance(request.budget(), OptionalDouble.empty());
        }
        CostModel costs = decoder.costs(cancelled);
        try {
            MillisBudget bought = MillisBudget.resolve(
                    request.millisPerToken().getAsDouble(),
                    decoder.policyMillis(request.policy()),
                    costs,
                    prompt + limit / 2,
                    request.policy().grid());
            return new Allowance(bought.target(), OptionalDouble.of(bought.millis()));
        } catch (UnattainableMillisException e) {
            throw new RequestException("budget." + e.getMessage(), "budget.ms_per_token", "unattainable_budget");
        }
    }
}
