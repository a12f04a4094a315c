package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.UnattainableBudgetException;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.CompletionRequest;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The field {@code budget}: a number, shares by axis, or a time. */
final class BudgetField {
    private static final String MILLIS = "ms_per_token";
    private static final String DEADLINE = "deadline_ms";
    private static final Set<String> NAMES = Set.of("attn", "mlp", "bits", MILLIS, DEADLINE);

    private BudgetField() {}

    /** What the field does to a request; nothing if it is missing. */
    static Consumer<CompletionRequest.Builder> read(Fields fields, ComputePolicy policy) {
        JsonNode node = fields.node("budget");
        if (node == null) {
            return _ -> {};
        }
        if (node.isNumber()) {
            Budget budget = attainable(() -> policy.resolve(node.doubleValue()));
            return request -> request.budget(budget);
        }
        if (!(node instanceof ObjectNode object)) {
            throw fields.wrongType(
                    "budget", "a number or an object with attn, mlp, bits, or with ms_per_token or deadline_ms", node);
        }
        object.fieldNames().forEachRemaining(BudgetField::checkName);
        Fields parts = new Fields(object, "budget.");
        Double millis = parts.number(MILLIS);
        Double deadline = parts.number(DEADLINE);
        if (millis == null && deadline == null) {
            Budget budget = attainable(
                    () -> Budget.of(parts.number("attn"), parts.number("mlp"), parts.number("bits"), policy.grid()));
            return request -> request.budget(budget);
        }
        if (object.size() > 1) {
            throw RequestException.invalid(
                    "budget", "budget has either ms_per_token, or deadline_ms, or attn, mlp and bits");
        }
        return request -> {
            if (millis != null) {
                request.millisPerToken(millis);
            }
            if (deadline != null) {
                request.deadlineMillis(deadline);
            }
        };
    }

    private static Budget attainable(Supplier<Budget> budget) {
        try {
            return budget.get();
        } catch (UnattainableBudgetException e) {
            throw new RequestException(String.valueOf(e.getMessage()), e.field(), "unattainable_budget");
        }
    }

    /** A misspelt axis would be dense without a word. */
    private static void checkName(String name) {
        if (!NAMES.contains(name)) {
            throw new RequestException(
                    "budget has no '%s'; it has attn, mlp and bits, or ms_per_token, or deadline_ms".formatted(name),
                    "budget." + name,
                    "unknown_parameter");
        }
    }
}
