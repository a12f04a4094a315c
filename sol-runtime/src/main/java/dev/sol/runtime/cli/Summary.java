package dev.sol.runtime.cli;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.Timings;
import dev.sol.runtime.engine.TraceEntry;
import dev.sol.runtime.openai.Figures;
import java.io.PrintWriter;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What {@code sol generate} prints when the text has ended. */
final class Summary {
    private Summary() {}

    /** Ends the line of the text on {@code out}; the trace and one line of figures go to {@code err}. */
    static void print(CompletionResult result, boolean budgeted, PrintWriter out, PrintWriter err) {
        if (!result.text().endsWith("\n")) {
            out.println();
        }
        out.flush();
        List<TraceEntry> trace = result.trace();
        if (trace != null) {
            trace.forEach(entry -> err.println(Figures.traceEntry(entry)));
        }
        err.println(line(result, budgeted));
    }

    /** For example: {@code 64 tokens, 1.42 ms/token, 704.2 tokens/s; budget 0.600, realised 0.602 (…), policy uniform}. */
    static String line(CompletionResult result, boolean budgeted) {
        Formatter line = new Formatter(Locale.ROOT);
        line.format("%d %s", result.completionTokens(), result.completionTokens() == 1 ? "token" : "tokens");
        if (result.steps() > 0) {
            Timings timings = result.timings();
            line.format(
                    ", %.2f ms/token, %.1f tokens/s", timings.predictedMillisPerToken(), timings.predictedPerSecond());
        }
        if (result.finishReason() == FinishReason.CANCELLED) {
            line.format(", cancelled");
        }
        result.cappedMaxTokens().ifPresent(room -> line.format(", the context had room for %d", room));
        if (budgeted) {
            budget(result, line);
        } else {
            line.format("; dense");
        }
        return line.toString();
    }

    private static void budget(CompletionResult result, Formatter line) {
        line.format("; budget %.3f, realised ", result.requested().net());
        Budget realised = result.realised();
        if (realised == null) {
            line.format("nothing: no step was effective");
        } else {
            line.format(
                    "%.3f (attn %.3f, mlp %.3f, bits %.2f)",
                    realised.net(), realised.attn(), realised.mlp(), realised.bits());
        }
        result.predictedMillisPerToken()
                .ifPresent(millis ->
                        line.format(", steps of %.2f ms where %.2f were predicted", result.millisPerToken(), millis));
        line.format(", policy %s", result.policy());
        if (!result.unreached().isEmpty()) {
            String axes = result.unreached().stream().map(Axis::key).collect(Collectors.joining(", "));
            line.format("; the model has nothing for %s to act on", axes);
        }
    }
}
