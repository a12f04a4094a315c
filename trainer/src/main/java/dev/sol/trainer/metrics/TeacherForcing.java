package dev.sol.trainer.metrics;

import dev.sol.policy.Action;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.Model;
import dev.sol.runtime.StepUsage;
import dev.sol.runtime.TokenScore;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;

/**
 * Scores windows of a text, each token with knobs of its own, in batches rather than step by step. The prefix of a window is dense
 * and not scored. Every later token carries the knobs, so that the keys and values that it leaves in the KV cache come from pruned
 * states, as in real decoding, and is scored on the token after it; the last token of a window is a label only.
 *
 * <p>A dense action takes the same graph as any other. One thread at a time, {@link #cancel} excepted.
 */
public final class TeacherForcing implements AutoCloseable {
    /** Tokens in one decode. llama.cpp computes no more at once by default, and each output takes a vocabulary of floats. */
    private static final int DECODE = 512;

    /**
     * What was measured.
     *
     * @param losses of the windows, in their order
     * @param spent by the scored tokens
     */
    public record Result(WindowLosses losses, Spent spent) {}

    private final InferenceContext context;
    private final int window;
    private final int prefix;
    private final int sequences;
    private final int decode;
    private volatile boolean cancelled;

    private TeacherForcing(InferenceContext context, int window, int prefix, int sequences, int decode) {
        this.context = context;
        this.window = window;
        this.prefix = prefix;
        this.sequences = sequences;
        this.decode = decode;
    }

    /**
     * Makes the context for windows of one length.
     *
     * @param window tokens in a window
     * @param prefix the first tokens of it that are dense and not scored; at least 1, at most {@code window} - 2
     * @param threads 0 = automatic
     * @throws dev.sol.runtime.RequestException if the window does not fit the model, or the knobs do not
     * @throws IllegalArgumentException if the prefix is out of range
     */
    public static TeacherForcing open(Model model, int window, int prefix, int threads, KnobOptions knobs) {
        return open(model, window, prefix, threads, knobs, DECODE);
    }

    /** @param decode the most tokens in one decode */
    static TeacherForcing open(Model model, int window, int prefix, int threads, KnobOptions knobs, int decode) {
        if (prefix < 1 || prefix > window - 2) {
            throw new IllegalArgumentException(
                    "a prefix of %d tokens leaves nothing to score in %d".formatted(prefix, window));
        }
        int sequences = Math.max(1, decode / window); // side by side they fill a decode
        ContextOptions options = ContextOptions.DEFAULT
                .withContextLength(window)
                .withCells(sequences * window)
                .withMaxSequences(sequences)
                .withBatchSize(decode, decode)
                .withThreads(threads)
                .withKnobs(knobs);
        return new TeacherForcing(model.newContext(options), window, prefix, sequences, decode);
    }

    /** What the knobs do in each layer of the model. */
    public List<LayerKnobs> layers() {
        return context.layers();
    }

    /**
     * Scores windows.
     *
     * @param windows each of the length given to {@link #open}
     * @param action what the tokens after the prefixes may spend
     * @param progress told how many tokens were scored since it was told last
     * @throws IllegalArgumentException if a window has another length, or a token does not exist
     * @throws CancellationException after {@link #cancel}
     * @throws dev.sol.runtime.ModelException if the logits are not finite
     */
    public Result score(List<int[]> windows, Action action, IntConsumer progress) {
        Tally tally = new Tally(windows.size());
        for (int first = 0; first < windows.size(); first += sequences) {
            int count = Math.min(sequences, windows.size() - first);
            context.clear();
            for (int from = 0; from < window - 1; from += decode) {
                int to = Math.min(from + decode, window - 1);
                progress.accept(decode(windows, first, count, from, to, action, tally));
            }
        }
        return tally.result();
    }

    /** Decodes positions {@code from} … {@code to} - 1 of windows side by side; returns the number of tokens scored. */
    private int decode(List<int[]> windows, int first, int count, int from, int to, Action action, Tally tally) {
        Batch batch = context.batch();
        batch.clear();
        int[] outputs = new int[count * (to - from)];
        int[] labels = new int[outputs.length];
        int[] owners = new int[outputs.length];
        int n = 0;
        for (int sequence = 0; sequence < count; sequence++) {
            int[] tokens = windows.get(first + sequence);
            if (tokens.length != window) {
                throw new IllegalArgumentException("a window of %d tokens, not %d".formatted(tokens.length, window));
            }
            for (int i = from; i < to; i++) {
                boolean scored = i >= prefix;
                int index = batch.add(tokens[i], i, sequence, scored, scored ? action : Action.DENSE);
                if (scored) {
                    outputs[n] = index;
                    labels[n] = tokens[i + 1];
                    owners[n] = first + sequence;
                    n++;
                }
            }
        }
        checkCancelled();
        context.decode();
        if (n > 0) {
            book(Arrays.copyOf(outputs, n), Arrays.copyOf(labels, n), owners, tally);
        }
        return n;
    }

    private void book(int[] outputs, int[] labels, int[] owners, Tally tally) {
        List<TokenScore> scores = context.score(outputs, labels);
        for (int i = 0; i < outputs.length; i++) {
            tally.add(owners[i], scores.get(i).logProbability(), context.usage(outputs[i]));
        }
    }

    private void checkCancelled() {
        if (cancelled) {
            throw new CancellationException("the measurement was cancelled");
        }
    }

    /** Ends the running and every later {@link #score}. Any thread. */
    public void cancel() {
        cancelled = true;
        context.cancel();
    }

    @Override
    public void close() {
        context.close();
    }

    /** Sums over the scored tokens. */
    private static final class Tally {
        private final double[] nats;
        private final double[] tokens;
        private double attn;
        private double mlp;

        Tally(int windows) {
            this.nats = new double[windows];
            this.tokens = new double[windows];
        }

        void add(int window, double logProbability, StepUsage usage) {
            nats[window] -= logProbability;
            tokens[window]++;
            attn += usage.attn();
            mlp += usage.mlp();
        }

        Result result() {
            double count = Math.max(1, Arrays.stream(tokens).sum());
            return new Result(new WindowLosses(nats, tokens), new Spent(attn / count, mlp / count));
        }
    }
}
