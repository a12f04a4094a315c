package dev.sol.runtime.openai;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.Execution;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.Timings;
import dev.sol.runtime.engine.TokenLogprobs;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Results to write. What a test does not set is as for a completion that asked for nothing. */
final class Results {
    private String text = "a \"b\"\n";
    private FinishReason reason = FinishReason.LENGTH;
    private int tokens = 3;
    private @Nullable Budget realised;
    private OptionalDouble predicted = OptionalDouble.empty();
    private OptionalInt capped = OptionalInt.empty();
    private List<Axis> unreached = List.of();
    private @Nullable List<TraceEntry> trace;
    private @Nullable List<TraceEntry> logprobs;
    private @Nullable List<TraceEntry> prompt;
    private @Nullable Boolean deadlineMet;

    static Results some() {
        return new Results();
    }

    /** A token with log-probabilities; its alternatives are itself and the next one. */
    static TraceEntry token(int id, String text) {
        return new TraceEntry(
                id,
                text,
                null,
                new TokenLogprobs(
                        -0.5f,
                        1.25f,
                        List.of(new TokenLogprobs.Alternative(id, -0.5f), new TokenLogprobs.Alternative(id + 1, -2f))));
    }

    Results text(String value, FinishReason why) {
        text = value;
        reason = why;
        return this;
    }

    Results tokens(int value) {
        tokens = value;
        return this;
    }

    Results realised(double attn, double mlp, double bits) {
        realised = new Budget(attn, mlp, bits);
        return this;
    }

    Results predicted(double millis) {
        predicted = OptionalDouble.of(millis);
        return this;
    }

    Results capped(int room) {
        capped = OptionalInt.of(room);
        return this;
    }

    Results unreached(Axis... axes) {
        unreached = List.of(axes);
        return this;
    }

    Results trace(TraceEntry... entries) {
        trace = List.of(entries);
        return this;
    }

    Results logprobs(TraceEntry... entries) {
        logprobs = List.of(entries);
        return this;
    }

    Results prompt(TraceEntry... entries) {
        prompt = List.of(entries);
        return this;
    }

    Results deadlineMet(boolean value) {
        deadlineMet = value;
        return this;
    }

    CompletionResult build() {
        int steps = tokens - 1;
        return new CompletionResult(
                text,
                reason,
                4,
                tokens,
                new Budget(0.6, 0.6, 9.6),
                realised,
                "uniform",
                Execution.SKIP,
                predicted,
                steps,
                steps * 2.5,
                capped,
                unreached,
                new Timings(3, 6, tokens, steps * 2.5),
                trace,
                1,
                logprobs,
                prompt,
                deadlineMet);
    }
}
