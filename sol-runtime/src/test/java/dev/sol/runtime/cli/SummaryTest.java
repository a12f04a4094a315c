package dev.sol.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.Execution;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.Timings;
import dev.sol.runtime.engine.TraceEntry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static CompletionResult result(
            int tokens, FinishReason reason, @Nullable Budget realised, OptionalInt capped, List<Axis> unreached) {
        return result(tokens, reason, realised, OptionalDouble.empty(), capped, unreached);
    }

    private static CompletionResult result(
            int tokens,
            FinishReason reason,
            @Nullable Budget realised,
            OptionalDouble predicted,
            OptionalInt capped,
            List<Axis> unreached) {
        return new CompletionResult(
                "text",
                reason,
                4,
                tokens,
                new Budget(0.6, 0.6, 9.6),
                realised,
                "uniform",
                Execution.SKIP,
                predicted,
                tokens - 1,
                (tokens - 1) * 2.5,
                capped,
                unreached,
                new Timings(4, 8, tokens, (tokens - 1) * 2.5),
                List.of(new TraceEntry(1, "a", null), new TraceEntry(2, "b", Action.DENSE)),
                0,
                null,
                null,
                null);
    }

    @Test
    void withABudget() {
        CompletionResult result =
                result(64, FinishReason.LENGTH, new Budget(0.61, 0.6, 9.5), OptionalInt.empty(), List.of());

        assertThat(Summary.line(result, true))
                .isEqualTo("64 tokens, 2.50 ms/token, 400.0 tokens/s; budget 0.600, realised 0.601"
                        + " (attn 0.610, mlp 0.600, bits 9.50), policy uniform");
        assertThat(Summary.line(result, false)).isEqualTo("64 tokens, 2.50 ms/token, 400.0 tokens/s; dense");
    }

    @Test
    void withABudgetInMilliseconds() {
        CompletionResult result =
                result(64, FinishReason.LENGTH, null, OptionalDouble.of(2.4), OptionalInt.empty(), List.of());

        assertThat(Summary.line(result, true)).contains(", steps of 2.50 ms where 2.40 were predicted, policy uniform");
    }

    @Test
    void everythingUnusual() {
        CompletionResult result =
                result(1, FinishReason.CANCELLED, null, OptionalInt.of(9), List.of(Axis.ATTN, Axis.BITS));

        assertThat(Summary.line(result, true))
                .isEqualTo("1 token, cancelled, the context had room for 9; budget 0.600, realised nothing: no step was"
                        + " effective, policy uniform; the model has nothing for attn, bits to act on");
    }

    @Test
    void theTextEndsWithALineAndTheRestIsNotAmongIt() {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CompletionResult result = result(2, FinishReason.LENGTH, null, OptionalInt.empty(), List.of());
        Summary.print(result, false, new PrintWriter(out, true), new PrintWriter(err, true));

        assertThat(out.toString()).isEqualTo(System.lineSeparator());
        assertThat(err.toString().lines())
                .containsExactly(
                        "{\"token\":1,\"text\":\"a\",\"attn\":null,\"mlp\":null,\"bits\":null}",
                        "{\"token\":2,\"text\":\"b\",\"attn\":1.0,\"mlp\":1.0,\"bits\":16}",
                        "2 tokens, 2.50 ms/token, 400.0 tokens/s; dense");
    }
}
