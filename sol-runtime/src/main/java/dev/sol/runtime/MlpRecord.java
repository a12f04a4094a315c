package dev.sol.runtime;

import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * What chose the neurons of one layer's gated MLP, for each token of a batch; what predictors and permutations are fitted to.
 * Matrices are row by row, a row for each token.
 *
 * <p>The values are the context's and are copied out on demand, by the thread that uses the context: until its next decode, after
 * which the methods that copy throw {@link IllegalStateException}, or its close ({@link ClosedException}).
 */
public final class MlpRecord {
    private final InferenceContext context;
    private final int layer;
    private final long decode;
    private final int tokens;
    private final int embeddingLength;
    private final int neurons;

    MlpRecord(InferenceContext context, int layer, long decode, dev.sol.bindings.MlpRecord record) {
        this.context = context;
        this.layer = layer;
        this.decode = decode;
        this.tokens = record.tokens();
        this.embeddingLength = record.embeddingLength();
        this.neurons = record.neurons();
    }

    /** Tokens of the batch. */
    public int tokens() {
        return tokens;
    }

    /** Floats in the MLP's input. */
    public int embeddingLength() {
        return embeddingLength;
    }

    /** Neurons of the MLP. */
    public int neurons() {
        return neurons;
    }

    /**
     * Copies what the MLP got.
     *
     * @param out {@code [tokens][embeddingLength]} floats
     * @throws IllegalArgumentException if the array has another length
     */
    public void inputs(float[] out) {
        copy(dev.sol.bindings.MlpRecord::input, (long) tokens * embeddingLength, out);
    }

    /**
     * Copies the gates, before the activation function.
     *
     * @param out {@code [tokens][neurons]} floats
     * @throws IllegalArgumentException if the array has another length
     */
    public void gates(float[] out) {
        copy(dev.sol.bindings.MlpRecord::gate, (long) tokens * neurons, out);
    }

    /**
     * Copies ‖up‖₂·‖down‖₂ of every neuron, which are the model's and equal in all records of the layer.
     *
     * @param out {@code [neurons]} floats
     * @throws IllegalArgumentException if the array has another length
     */
    public void norms(float[] out) {
        copy(dev.sol.bindings.MlpRecord::norms, neurons, out);
    }

    private void copy(Function<dev.sol.bindings.MlpRecord, MemorySegment> values, long length, float[] out) {
        if (out.length != length) {
            throw new IllegalArgumentException(
                    "the array has %d elements, %d are needed".formatted(out.length, length));
        }
        context.copyRecord(layer, decode, values, out);
    }
}
