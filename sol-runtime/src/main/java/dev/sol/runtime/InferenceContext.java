package dev.sol.runtime;

import dev.sol.bindings.BatchBuffer;
import dev.sol.bindings.ContextHandle;
import dev.sol.bindings.ContextParams;
import dev.sol.bindings.InvalidArgumentException;
import dev.sol.bindings.LogProbabilitiesHandle;
import dev.sol.bindings.Sol;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The KV cache of a model and what computes on it.
 *
 * <p>One thread at a time: a second one gets a {@link ContextInUseException}, {@link #cancel} and {@link #close} excepted.
 * Closing while another thread decodes cancels the decode, which then throws {@link CancellationException}, and waits for it.
 * After that every use throws {@link ClosedException}.
 */
public final class InferenceContext implements AutoCloseable {

    private record Handles(ContextHandle context, BatchBuffer batch, SharedModel model) {
        void cancel() {
            Sol.cancel(context);
        }

        void free() {
            batch.close();
            Sol.freeContext(context);
            model.release();
        }
    }

    private final Owned<Handles> owned;
    private final ContextOptions options;
    private final int contextLength;
    private final int embeddingLength;
    private final int vocabularySize;
    private final List<LayerKnobs> layers;
    private final Batch batch;
    private final int[] oneOutput = new int[1];
    private final float[] oneScore = new float[Sol.SCORE_VALUES];
    private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
    private long decodes; // guarded by `user`

    /** Takes over the caller's hold on the model, unless it throws. */
    InferenceContext(SharedModel model, ContextOptions options, ModelInfo info) {
        this.options = options;
        this.contextLength = contextLength(options, info);
        int cells = Math.max(options.cells(), contextLength);
        int batchSize = Math.min(options.batchSize(), cells); // llama.cpp cuts it so, and aborts beyond
        ContextHandle handle = create(model, params(options, info, cells, batchSize));
        this.embeddingLength = handle.embeddingLength();
        this.vocabularySize = handle.vocabularySize();
        try {
            this.layers = IntStream.range(0, info.layers())
                    .mapToObj(layer -> LayerKnobs.of(Sol.layerInfo(handle, layer)))
                    .toList();
            BatchBuffer buffer = new BatchBuffer(batchSize);
            this.batch = new Batch(buffer, contextLength);
            this.owned =
                    new Owned<>(this, "context", new Handles(handle, buffer, model), Handles::cancel, Handles::free);
        } catch (RuntimeException | OutOfMemoryError e) {
            Sol.freeContext(handle);
            throw e;
        }
    }

    private static ContextHandle create(SharedModel model, ContextParams params) {
        try {
            return Sol.createContext(model.handle(), params);
        } catch (InvalidArgumentException e) { // options out of range, or a model that does not go token by token
            throw new RequestException(String.valueOf(e.getMessage()), null, "invalid_value");
        }
    }

    /** The length of a context that is made with {@code options}. */
    public static int contextLength(ContextOptions options, ModelInfo info) {
        int trained = info.contextLength();
        int wanted = options.contextLength();
        if (wanted == 0) {
            return trained == 0 ? ContextOptions.DEFAULT_CONTEXT : Math.min(trained, ContextOptions.DEFAULT_CONTEXT);
        }
        if (trained != 0 && wanted > trained) {
            throw RequestException.invalid(
                    "ctx", "the model was trained with a context of %d tokens, %d is more".formatted(trained, wanted));
        }
        return wanted;
    }

    private static ContextParams params(ContextOptions options, ModelInfo info, int cells, int batchSize) {
        KnobOptions knobs = options.knobs();
        ContextParams defaults = Sol.defaultContextParams();
        return new ContextParams(
                cells,
                batchSize,
                Math.min(options.microBatchSize(), batchSize),
                options.maxSequences(),
                threads(options.threads(), info, defaults.threads()),
                threads(options.batchThreads(), info, defaults.batchThreads()),
                options.flashAttention(),
                switch (options.kvType()) {
                    case F16 -> dev.sol.bindings.KvType.F16;
                    case Q8_0 -> dev.sol.bindings.KvType.Q8_0;
                },
                switch (knobs.attention()) {
                    case RECENCY -> dev.sol.bindings.AttentionCriterion.RECENCY;
                    case QUEST -> dev.sol.bindings.AttentionCriterion.QUEST;
                    case MEAN -> dev.sol.bindings.AttentionCriterion.MEAN;
                },
                knobs.sinks(),
                knobs.window(),
                knobs.page(),
                switch (knobs.choice()) {
                    case PER_KV_HEAD -> dev.sol.bindings.AttentionChoice.PER_KV_HEAD;
                    case PER_QUERY_HEAD -> dev.sol.bindings.AttentionChoice.PER_QUERY_HEAD;
                    case SHARED -> dev.sol.bindings.AttentionChoice.SHARED;
                },
                switch (knobs.dropped()) {
                    case NONE -> dev.sol.bindings.DroppedPages.NONE;
                    case TAIL -> dev.sol.bindings.DroppedPages.TAIL;
                },
                switch (knobs.mlp()) {
                    case NEURON -> dev.sol.bindings.MlpCriterion.NEURON;
                    case CHANNEL -> dev.sol.bindings.MlpCriterion.CHANNEL;
                },
                knobs.group(),
                switch (knobs.gate()) {
                    case EXACT -> dev.sol.bindings.MlpGate.EXACT;
                    case PREDICTED -> dev.sol.bindings.MlpGate.PREDICTED;
                },
                switch (knobs.bitsSite()) {
                    case OUTPUT -> dev.sol.bindings.BitsSite.OUTPUT;
                    case INPUT -> dev.sol.bindings.BitsSite.INPUT;
                },
                switch (options.execution()) {
                    case REFERENCE -> dev.sol.bindings.Execution.REFERENCE;
                    case SKIP -> dev.sol.bindings.Execution.SKIP;
                },
                options.skipMlp(),
                options.recordMlp());
    }

    /** The threads of a single-token decode in a context that is made with {@code options}. */
    public static int threads(ContextOptions options, ModelInfo info) {
        return threads(options.threads(), info, Sol.defaultContextParams().threads());
    }

    private static int threads(int wanted, ModelInfo info, int processors) {
        if (wanted > 0) {
            return wanted;
        }
        return info.parameters() < ContextOptions.SINGLE_THREAD_PARAMETERS ? 1 : processors;
    }

    /** How the context was made. */
    public ContextOptions options() {
        return options;
    }

    /** Tokens of one sequence that fit; positions are 0 … length - 1. */
    public int contextLength() {
        return contextLength;
    }

    /** Floats in a hidden state. */
    public int embeddingLength() {
        return embeddingLength;
    }

    /** Floats in the logits of a token. */
    public int vocabularySize() {
        return vocabularySize;
    }

    /** What the knobs do in each layer of the model. */
    public List<LayerKnobs> layers() {
        return layers;
    }

    /** The tokens of the next {@link #decode}; always the same object. */
    public Batch batch() {
        return batch;
    }

    /**
     * Computes the tokens of {@link #batch} and adds them to the KV cache. After a failure the cache holds none of the tokens
     * that were not computed.
     *
     * @throws IllegalArgumentException if a token, a position, a sequence or a knob is not valid; nothing was done
     * @throws CancellationException after {@link #cancel}, or when the context is closed meanwhile
     * @throws EngineException if the KV cache has no room, or llama.cpp failed
     */
    public void decode() {
        run(handle -> {
            decodes++;
            Sol.decode(handle, batch.buffer());
        });
    }

    /** Ends the running or the next {@link #decode} with a {@link CancellationException}. Any thread; nothing after close. */
    public void cancel() {
        owned.callIfOpen(Handles::cancel);
    }

    /** Forgets a {@link #cancel} that came too late for its decode. */
    public void discardCancel() {
        run(Sol::uncancel);
    }

    /**
     * Copies the logits of token {@code index} of the last batch, which must have been an output.
     *
     * @param out {@link #vocabularySize()} floats
     * @throws IllegalArgumentException if it was no output, or the array has another length
     */
    public void logits(int index, float[] out) {
        run(handle -> Sol.copyLogits(handle, index, out));
    }

    /**
     * Copies the hidden state, after the final norm, of token {@code index} of the last batch, which must have been an output.
     *
     * @param out {@link #embeddingLength()} floats
     * @throws IllegalArgumentException if it was no output, the array has another length, or the model's graph has none
     */
    public void hidden(int index, float[] out) {
        run(handle -> Sol.copyHidden(handle, index, out));
    }

    /**
     * What token {@code index} of the last batch used.
     *
     * @throws IllegalArgumentException if the batch had no knobs
     */
    public StepUsage usage(int index) {
        return call(handle -> StepUsage.of(Sol.usage(handle, index)));
    }

    /**
     * What chose the neurons of the gated MLP in {@code layer}, for the tokens of the last batch: all of them outputs, with knobs, no
     * more than a micro-batch, in a context with {@link ContextOptions#recordMlp}.
     *
     * @throws IllegalArgumentException if nothing was recorded for the layer
     */
    public MlpRecord mlpRecord(int layer) {
        return call(handle -> new MlpRecord(this, layer, decodes, Sol.mlpRecord(handle, layer)));
    }

    /**
     * Copies from a record of the last batch.
     *
     * @param decode the number of the decode that made it
     * @throws IllegalStateException if there was another one since
     */
    void copyRecord(int layer, long decode, Function<dev.sol.bindings.MlpRecord, MemorySegment> values, float[] out) {
        run(handle -> {
            if (decode != decodes) {
                throw new IllegalStateException("the record is of an earlier decode");
            }
            MemorySegment from = values.apply(Sol.mlpRecord(handle, layer));
            MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
        });
    }

    /**
     * Picks the token that follows token {@code index} of the last batch, and tells the sampler.
     *
     * @throws IllegalArgumentException if it was no output
     * @throws RequestException if the sampler's grammar or logit biases leave no token
     * @throws ModelException if the logits are not finite
     */
    public int sample(Sampler sampler, int index) {
        return call(handle -> sampler.sample(handle, index));
    }

    /**
     * Scores tokens of the last batch, which must have been outputs. The vocabulary is read where it is: nothing is copied.
     *
     * @param outputs [n] their indices in the batch
     * @param labels [n] the token whose log probability is wanted after each; -1 = none
     * @return [n]; {@link TokenScore#kl} is NaN
     * @throws IllegalArgumentException if one was no output, there is no such label, or the arrays differ in length
     * @throws ModelException if the logits are not finite
     */
    public List<TokenScore> score(int[] outputs, int[] labels) {
        return call(handle -> score(handle, outputs, labels, null, null));
    }

    /**
     * As {@link #score(int[], int[])}, with the divergence from distributions that were kept.
     *
     * @param rows [n] the row of {@code reference} for each
     * @throws IllegalArgumentException also if there is no such row, or the reference is of another vocabulary
     */
    public List<TokenScore> score(int[] outputs, int[] labels, LogProbabilities reference, int[] rows) {
        return call(handle -> reference.read(kept -> score(handle, outputs, labels, kept, rows)));
    }

    private static List<TokenScore> score(
            ContextHandle handle,
            int[] outputs,
            int[] labels,
            @Nullable LogProbabilitiesHandle reference,
            int @Nullable [] rows) {
        float[] values = new float[outputs.length * Sol.SCORE_VALUES];
        Sol.score(handle, outputs, labels, reference, rows, values);
        return IntStream.range(0, outputs.length)
                .map(i -> i * Sol.SCORE_VALUES)
                .mapToObj(i -> new TokenScore(values[i], values[i + 1], values[i + 2], values[i + 3]))
                .toList();
    }

    /** Entropy after token {@code index} of the last batch, in nats. It is asked before every step, so its arrays are kept. */
    public float entropy(int index) {
        return call(handle -> {
            oneOutput[0] = index;
            Sol.score(handle, oneOutput, null, null, null, oneScore);
            return oneScore[1];
        });
    }

    /**
     * Keeps the distributions after tokens of the last batch, which must have been outputs.
     *
     * @param outputs [n] their indices in the batch
     * @param rows [n] the row of {@code target} for each, which is overwritten
     * @throws IllegalArgumentException if one was no output, there is no such row, the target is of another vocabulary, or the
     *     arrays differ in length
     * @throws ModelException if the logits are not finite
     */
    public void keep(LogProbabilities target, int[] outputs, int[] rows) {
        run(handle -> target.write(kept -> {
            Sol.keepLogProbabilities(kept, handle, outputs, rows);
            return "";
        }));
    }

    /**
     * Removes positions {@code from} … {@code to} - 1 of a sequence from the KV cache.
     *
     * @param from less than 0: from the start
     * @param to less than 0: to the end
     * @throws IllegalArgumentException for a part of a sequence of a model that cannot forget one (recurrent ones)
     */
    public void removeSequence(int sequence, int from, int to) {
        run(handle -> Sol.removeSequence(handle, sequence, from, to));
    }

    /** Lets {@code target} share the cells of {@code source} in these positions (as {@link #removeSequence}); copies nothing. */
    public void copySequence(int source, int target, int from, int to) {
        run(handle -> Sol.copySequence(handle, source, target, from, to));
    }

    /**
     * Moves positions {@code from} … {@code to} - 1 of a sequence by {@code delta}, onto positions that it does not have. Keys are
     * rotated with the next {@link #decode}. Ends of the range as for {@link #removeSequence}.
     *
     * @throws IllegalArgumentException if another sequence shares the cells, the model's positions cannot be moved, or the
     *     target is taken or outside the context
     */
    public void shiftSequence(int sequence, int from, int to, int delta) {
        run(handle -> {
            checkShift(Sol.maxPosition(handle, sequence), from, to, delta);
            Sol.shiftSequence(handle, sequence, from, to, delta);
        });
    }

    /** The KV cache has no upper bound for positions; the context does, see {@link Batch}. */
    private void checkShift(int last, int from, int to, int delta) {
        long lastMoved = to < 0 ? last : Math.min(last, to - 1L);
        if (lastMoved >= Math.max(from, 0) && lastMoved + delta >= contextLength) {
            throw new IllegalArgumentException("position %d would move to %d, which is not in the context (0 to %d)"
                    .formatted(lastMoved, lastMoved + delta, contextLength - 1));
        }
    }

    /**
     * The state of a sequence: its positions, keys, values and recurrent state.
     *
     * @return for {@link #loadSequence} of any context of the same model and version of this library
     * @throws IllegalArgumentException if there is no such sequence, or its state does not fit an array (2 GiB)
     */
    public byte[] saveSequence(int sequence) {
        return call(handle -> Sol.saveSequence(handle, sequence));
    }

    /**
     * Replaces a sequence with a saved one.
     *
     * @throws IllegalArgumentException if the bytes are no saved state of this model; nothing was changed
     * @throws EngineException if the KV cache has no room; the sequence is empty then
     */
    public void loadSequence(int sequence, byte[] state) {
        run(handle -> Sol.loadSequence(handle, sequence, state));
    }

    /** The highest position of the sequence in the KV cache, -1 when it has none. */
    public int maxPosition(int sequence) {
        return call(handle -> Sol.maxPosition(handle, sequence));
    }

    /** Forgets every sequence. */
    public void clear() {
        run(Sol::clearKvCache);
    }

    private interface Use {
        void on(ContextHandle handle);
    }

    private void run(Use use) {
        call(handle -> {
            use.on(handle);
            return "";
        });
    }

    /** Runs {@code use} on the native context, which is not freed meanwhile, and which no other thread uses. */
    private <T> T call(Function<ContextHandle, T> use) {
        return owned.call(handles -> {
            Thread current = Thread.currentThread();
            Thread other = user.compareAndExchange(null, current);
            if (other != null) {
                throw new ContextInUseException(other);
            }
            try {
                return use.apply(handles.context);
            } finally {
                user.set(null);
            }
        });
    }

    /** Cancels a running decode and waits for it. A second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
