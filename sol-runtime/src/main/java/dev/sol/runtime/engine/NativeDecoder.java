package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelException;
import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.Sampler;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.StepUsage;
import dev.sol.runtime.Tokenizer;
import dev.sol.runtime.cost.CostModel;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The sequences of a context of its own. */
final class NativeDecoder implements Decoder {
    private final Model model;
    private final Tokenizer tokenizer;
    private final InferenceContext context;
    private final Batch batch;
    private final StepCosts costs;
    private final PolicyCosts policyCosts;

    /**
     * Takes over the model, also when it throws.
     *
     * @throws RequestException if the options do not fit the model
     * @throws ModelException if the model cannot complete text
     */
    NativeDecoder(Model model, ContextOptions options) {
        this.model = model;
        try {
            this.tokenizer = model.tokenizer();
            checkTokenizer();
            ContextOptions own = withCells(options, model.info());
            checkBatch(own);
            this.context = model.newContext(own);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
        this.batch = context.batch();
        this.costs = new StepCosts(model, options);
        this.policyCosts = new PolicyCosts(context.embeddingLength());
    }

    /** Unless it is said otherwise, every sequence has cells for a whole context, as far as all together need no more than is usual. */
    private static ContextOptions withCells(ContextOptions options, ModelInfo info) {
        int length = InferenceContext.contextLength(options, info);
        long all = Math.min((long) length * options.maxSequences(), ContextOptions.DEFAULT_CONTEXT);
        return options.withCells(Math.max(options.cells() > 0 ? options.cells() : (int) all, length));
    }

    /** A step of all sequences is one batch. */
    private static void checkBatch(ContextOptions options) {
        int most = Math.min(options.batchSize(), options.cells());
        if (options.maxSequences() > most) {
            throw RequestException.invalid(
                    "parallel",
                    "%d requests cannot be answered at once in batches of %d tokens: lower --parallel"
                            .formatted(options.maxSequences(), most));
        }
    }

    private void checkTokenizer() {
        try {
            tokenizer.encode("", false, false);
        } catch (IllegalArgumentException e) {
            throw new ModelException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public int contextLength() {
        return context.contextLength();
    }

    @Override
    public int cells() {
        return context.options().cells();
    }

    @Override
    public int sequences() {
        return context.options().maxSequences();
    }

    @Override
    public int batchSize() {
        return batch.capacity();
    }

    @Override
    public int embeddingLength() {
        return context.embeddingLength();
    }

    @Override
    public int vocabularySize() {
        return context.vocabularySize();
    }

    @Override
    public int forcedPositions() {
        return context.options().knobs().forcedPositions();
    }

    @Override
    public Execution execution() {
        return context.options().execution();
    }

    @Override
    public List<LayerKnobs> layers() {
        return context.layers();
    }

    @Override
    public CostModel costs(BooleanSupplier cancelled) {
        return costs.get(cancelled);
    }

    @Override
    public double policyMillis(ComputePolicy policy) {
        return policyCosts.millis(policy);
    }

    @Override
    public void calibrate() {
        costs.measure(() -> false);
    }

    @Override
    public int[] encode(String text) {
        try {
            return tokenizer.encode(text, true, true);
        } catch (IllegalArgumentException e) {
            throw RequestException.invalid("prompt", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public OptionalInt beginOfText() {
        OptionalInt bos = tokenizer.bos();
        return bos.isPresent() ? bos : tokenizer.eos();
    }

    @Override
    public byte[] bytes(int token, boolean special) {
        return tokenizer.bytes(token, special);
    }

    @Override
    public boolean isEndOfGeneration(int token) {
        return tokenizer.isEndOfGeneration(token);
    }

    @Override
    public void embedding(int token, float[] out) {
        model.tokenEmbedding(token, out);
    }

    @Override
    public int keep(int sequence, int length) {
        try {
            context.removeSequence(sequence, length, -1);
            return length;
        } catch (IllegalArgumentException e) { // recurrent, or a sliding window that has moved on
            context.removeSequence(sequence, -1, -1);
            return 0;
        }
    }

    @Override
    public boolean share(int source, int target, int from, int to) {
        try {
            context.copySequence(source, target, from, to);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public void begin() {
        batch.clear();
    }

    @Override
    public int add(int sequence, int position, int token, boolean output, @Nullable Action knobs) {
        return knobs == null
                ? batch.add(token, position, sequence, output)
                : batch.add(token, position, sequence, output, knobs);
    }

    @Override
    public void decode() {
        context.decode();
    }

    @Override
    public void cancel() {
        context.cancel();
    }

    @Override
    public void discardCancel() {
        context.discardCancel();
    }

    @Override
    public StepUsage usage(int index) {
        return context.usage(index);
    }

    @Override
    public void hidden(int index, float[] out) {
        context.hidden(index, out);
    }

    @Override
    public double entropy(int index) {
        return context.entropy(index) / Math.log(context.vocabularySize());
    }

    @Override
    public void logits(int index, float[] out) {
        context.logits(index, out);
    }

    @Override
    public Picker picker(SamplingOptions options, boolean ignoreEos, int[] prompt) {
        Sampler sampler = new Sampler(model, options, ignoreEos, contextLength());
        if (options.hasPenalties()) {
            for (int token : prompt) {
                sampler.accept(token);
            }
        }
        return new Picker() {
            @Override
            public int pick(int index) {
                return context.sample(sampler, index);
            }

            @Override
            public void close() {
                sampler.close();
            }
        };
    }

    @Override
    public void close() {
        context.close();
        model.close();
    }
}
