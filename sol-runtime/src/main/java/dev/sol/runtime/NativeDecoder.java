package dev.sol.runtime;

import dev.sol.policy.Action;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.cost.CostModel;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Sequence 0 of a context of its own. */
final class NativeDecoder implements Decoder {
    private final Model model;
    private final Tokenizer tokenizer;
    private final InferenceContext context;
    private final Batch batch;
    private final StepCosts costs;
    private final PolicyCosts policyCosts;
    private @Nullable Sampler sampler;
    private boolean samplerWantsPrompt;
    private int position; // of the next token
    private int output; // index of the last token in its batch

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
            this.context = model.newContext(options);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
        this.batch = context.batch();
        this.costs = new StepCosts(model, options);
        this.policyCosts = new PolicyCosts(context.embeddingLength());
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
    public byte[] bytes(int token) {
        return tokenizer.bytes(token);
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
    public void start(SamplingOptions options, boolean ignoreEos) {
        if (sampler != null) {
            sampler.close();
            sampler = null;
        }
        sampler = new Sampler(model, options, ignoreEos, contextLength());
        samplerWantsPrompt = options.hasPenalties();
        position = 0;
        context.discardCancel();
        context.clear();
    }

    @Override
    public void prefill(int[] tokens) {
        for (int from = 0; from < tokens.length; from += batch.capacity()) {
            int to = Math.min(from + batch.capacity(), tokens.length);
            batch.clear();
            for (int i = from; i < to; i++) {
                output = batch.add(tokens[i], position++, 0, i == tokens.length - 1);
            }
            context.decode();
        }
        if (samplerWantsPrompt) {
            for (int token : tokens) {
                sampler().accept(token);
            }
        }
    }

    @Override
    public void step(int token, @Nullable Action knobs) {
        batch.clear();
        output = knobs == null ? batch.add(token, position, 0, true) : batch.add(token, position, 0, true, knobs);
        context.decode();
        position++;
    }

    @Override
    public int sample() {
        return context.sample(sampler(), output);
    }

    @Override
    public StepUsage usage() {
        return context.usage(output);
    }

    @Override
    public void hidden(float[] out) {
        context.hidden(output, out);
    }

    @Override
    public double entropy() {
        return context.entropy(output) / Math.log(context.vocabularySize());
    }

    @Override
    public void cancel() {
        context.cancel();
    }

    @Override
    public void close() {
        if (sampler != null) {
            sampler.close();
        }
        context.close();
        model.close();
    }

    private Sampler sampler() {
        if (sampler == null) {
            throw new IllegalStateException("no sequence was started");
        }
        return sampler;
    }
}
