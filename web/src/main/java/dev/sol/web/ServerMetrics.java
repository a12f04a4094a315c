package dev.sol.web;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.EngineStatistics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.ToDoubleFunction;

/** What the server counts. For any thread. */
final class ServerMetrics {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Readiness readiness;
    private final Timer firstText;
    private final Timer step;

    /** @param readiness says which engine to ask; without one its figures are NaN, or 0 so far */
    ServerMetrics(Readiness readiness) {
        this.readiness = readiness;
        firstText = Timer.builder("sol.first.text")
                .description("From a request to the first text of its answer")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(2))
                .register(registry);
        step = Timer.builder("sol.step")
                .description("Mean time of a decode step of a completion")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(Duration.ofSeconds(5))
                .register(registry);
        gauge("sol.slots", "Completions that can run at once", EngineStatistics::slots);
        gauge("sol.slots.busy", "Completions that run", EngineStatistics::busySlots);
        gauge("sol.queue", "Requests that wait", EngineStatistics::queueLength);
        gauge("sol.kv.cells", "Tokens that the KV cache has room for", EngineStatistics::cells);
        gauge("sol.kv.cells.used", "Those that are reserved or cached", EngineStatistics::cellsUsed);
        counter("sol.prompt.tokens", "Prompt tokens computed", EngineStatistics::promptTokens);
        counter("sol.cached.tokens", "Prompt tokens found in the cache", EngineStatistics::cachedTokens);
        counter("sol.generated.tokens", "Tokens generated", EngineStatistics::generatedTokens);
        counter("sol.decode.batches", "Batches with decode steps", EngineStatistics::decodeBatches);
        counter("sol.decode.tokens", "Decode steps in them", EngineStatistics::decodeTokens);
        counter("sol.rejected", "Requests refused because the queue was full", EngineStatistics::rejected);
        counter("sol.cancelled", "Completions cancelled", EngineStatistics::cancelled);
    }

    private void gauge(String name, String description, ToDoubleFunction<EngineStatistics> value) {
        Gauge.builder(name, readiness, ready -> ask(ready, value, Double.NaN))
                .description(description)
                .register(registry);
    }

    private void counter(String name, String description, ToDoubleFunction<EngineStatistics> value) {
        FunctionCounter.builder(name, readiness, ready -> ask(ready, value, 0))
                .description(description)
                .register(registry);
    }

    private static double ask(Readiness readiness, ToDoubleFunction<EngineStatistics> value, double missing) {
        ServedModel model = readiness.modelOrNull();
        return model == null ? missing : value.applyAsDouble(model.completer().statistics());
    }

    /** An answer has gone out, or the client has gone. */
    void answered(String route, String method, int status, long nanos) {
        Timer.builder("sol.http.requests")
                .description("Requests, from their head to the end of the answer")
                .tag("route", route)
                .tag("method", method)
                .tag("status", String.valueOf(status))
                .register(registry)
                .record(Duration.ofNanos(nanos));
    }

    /** The first text of an answer is there. */
    void firstText(long nanos) {
        firstText.record(Duration.ofNanos(nanos));
    }

    /** A completion has ended by itself. */
    void completed(CompletionResult result) {
        Counter.builder("sol.completions")
                .description("Completions that ended by themselves")
                .tag("policy", result.policy())
                .tag("finish_reason", result.finishReason().key())
                .register(registry)
                .increment();
        if (result.steps() > 0) {
            step.record(Duration.ofNanos((long) (result.millisPerToken() * 1e6)));
        }
        budget("requested", result.policy(), result.requested());
        Budget realised = result.realised();
        if (realised != null) {
            budget("realised", result.policy(), realised);
        }
    }

    private void budget(String kind, String policy, Budget budget) {
        for (Axis axis : Axis.values()) {
            DistributionSummary.builder("sol.budget." + kind)
                    .description("Budgets of completions, " + kind + "; bits in bits")
                    .tag("axis", axis.key())
                    .tag("policy", policy)
                    .register(registry)
                    .record(budget.get(axis));
        }
    }

    /** In Prometheus' text format. */
    String text() {
        return registry.scrape();
    }
}
