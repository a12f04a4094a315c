package dev.sol.runtime;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The decode loop: one completion, from the prompt to the result.
 *
 * <p>The prompt is computed densely and gives the first token. Every further token costs one decode step of the token before
 * it, within the budget when the step is effective: when it sees more positions than the sinks, the window and its own.
 */
final class Generation {
    private final Decoder decoder;
    private final CompletionRequest request;
    private final CompletionText text;
    private final BooleanSupplier cancelled;
    private final @Nullable List<TraceEntry> trace;
    private int generated;

    /** @param cancelled asked before every decode */
    Generation(Decoder decoder, CompletionRequest request, CompletionListener listener, BooleanSupplier cancelled) {
        this.decoder = decoder;
        this.request = request;
        this.cancelled = cancelled;
        this.text = new CompletionText(request.stop(), listener);
        this.trace = request.trace() ? new ArrayList<>() : null;
    }

    /**
     * Runs to the end. Called once.
     *
     * @throws RequestException if the prompt cannot be used
     */
    CompletionResult run() {
        int[] prompt = promptTokens();
        int room = decoder.contextLength() - prompt.length + 1; // the last token is never decoded
        int limit = Math.min(request.maxTokens(), room);
        SamplingOptions sampling = request.sampling();
        if (sampling.seed().isEmpty()) {
            sampling = sampling.withSeed(Sampler.randomSeed());
        }
        long seed = Integer.toUnsignedLong(sampling.seed().orElseThrow());
        Allowance allowance = allowance(prompt.length, limit);
        Spending spending = new Spending(decoder, request.policy(), allowance.budget(), limit - 1, seed);
        decoder.start(sampling, request.ignoreEos());

        Stopwatch watch = new Stopwatch();
        FinishReason reason = generate(prompt, limit, spending, watch);
        Timings timings = watch.timings(prompt.length, generated);
        finishText();

        Budget budget = allowance.budget();
        return new CompletionResult(
                text.shown(),
                reason,
                prompt.length,
                generated,
                budget == null ? Budget.DENSE : budget,
                spending.realised(),
                budget == null ? "dense" : request.policy().name(),
                decoder.execution(),
                allowance.predictedMillis(),
                Math.max(generated - 1, 0),
                spending.millis(),
                room < request.maxTokens() ? OptionalInt.of(room) : OptionalInt.empty(),
                spending.reach().unreached(),
                timings,
                trace);
    }

    private Allowance allowance(int prompt, int limit) {
        try {
            return Allowance.of(request, decoder, prompt, limit, cancelled);
        } catch (CancellationException e) {
            return Allowance.UNLIMITED; // nothing will be spent
        }
    }

    private FinishReason generate(int[] prompt, int limit, Spending spending, Stopwatch watch) {
        try {
            checkCancelled();
            decoder.prefill(prompt);
            int token = decoder.sample();
            watch.endPrompt();
            Action knobs = null;
            for (; ; ) {
                generated++;
                if (decoder.isEndOfGeneration(token)) {
                    trace(token, "", knobs);
                    return FinishReason.STOP;
                }
                trace(token, text.add(decoder.bytes(token)), knobs);
                if (text.stopped()) {
                    return FinishReason.STOP;
                }
                if (generated == limit) {
                    return FinishReason.LENGTH;
                }
                checkCancelled();
                int step = generated - 1;
                knobs = spending.step(step, token, prompt.length + generated);
                token = decoder.sample();
            }
        } catch (CancellationException e) {
            return FinishReason.CANCELLED;
        }
    }

    private void checkCancelled() {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException();
        }
    }

    private void finishText() {
        String rest = text.finish();
        if (trace != null && !rest.isEmpty()) {
            TraceEntry last = trace.removeLast();
            trace.add(new TraceEntry(last.token(), last.text() + rest, last.knobs()));
        }
    }

    private void trace(int token, String characters, @Nullable Action knobs) {
        if (trace != null) {
            trace.add(new TraceEntry(token, characters, knobs));
        }
    }

    private int[] promptTokens() {
        int[] tokens = switch (request.prompt()) {
            case Prompt.Text(String prompt) -> decoder.encode(prompt);
            case Prompt.Tokens(List<Integer> list) ->
                list.stream().mapToInt(this::checkToken).toArray();
        };
        if (tokens.length == 0) {
            tokens = IntStream.of(decoder.beginOfText()
                            .orElseThrow(() -> RequestException.invalid(
                                    "prompt", "the prompt is empty, and the model has no token that begins a text")))
                    .toArray();
        }
        if (tokens.length > decoder.contextLength()) {
            throw new RequestException(
                    "the prompt has %d tokens, the context has room for %d"
                            .formatted(tokens.length, decoder.contextLength()),
                    "prompt",
                    "context_length_exceeded");
        }
        return tokens;
    }

    private int checkToken(int token) {
        if (token < 0 || token >= decoder.vocabularySize()) {
            throw RequestException.invalid(
                    "prompt",
                    "prompt has token %d, the model's are 0 to %d".formatted(token, decoder.vocabularySize() - 1));
        }
        return token;
    }
}
