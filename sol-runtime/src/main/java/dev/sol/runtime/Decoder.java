package dev.sol.runtime;

import dev.sol.policy.Action;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.cost.CostModel;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A model with one sequence: what the decode loop needs. {@link NativeDecoder} is the real one, tests have another. One thread
 * at a time, {@link #cancel} excepted.
 */
interface Decoder extends ObservedState, AutoCloseable {
    /** Tokens that fit. */
    int contextLength();

    /** Floats in a hidden state and a token embedding. */
    int embeddingLength();

    /** Number of tokens; their ids are 0 … size - 1. */
    int vocabularySize();

    /** Positions that every token attends; a step is effective when it sees more. */
    int forcedPositions();

    /** How steps with knobs are computed. */
    Execution execution();

    /** What the knobs do in each layer. */
    List<LayerKnobs> layers();

    /**
     * What a step costs; measured when this is asked for the first time, which may take seconds.
     *
     * @param cancelled asked meanwhile
     * @throws CancellationException when {@code cancelled}
     */
    CostModel costs(BooleanSupplier cancelled);

    /** What a policy takes for a token, in milliseconds; measured when this is asked for the first time. */
    double policyMillis(ComputePolicy policy);

    /** Measures what a step costs, whether that is known or not. */
    void calibrate();

    /** The tokens of a prompt. */
    int[] encode(String text);

    /** The token with which an empty prompt begins. */
    OptionalInt beginOfText();

    /** The bytes of a token. */
    byte[] bytes(int token);

    boolean isEndOfGeneration(int token);

    /** Begins an empty sequence. Earlier cancellations are forgotten. */
    void start(SamplingOptions options, boolean ignoreEos);

    /**
     * Appends the prompt, densely.
     *
     * @throws CancellationException after {@link #cancel}
     */
    void prefill(int[] tokens);

    /**
     * Appends one token.
     *
     * @param knobs null: dense, through llama.cpp's unchanged graph, and not counted
     * @throws CancellationException after {@link #cancel}
     */
    void step(int token, @Nullable Action knobs);

    /** Picks the token that follows. */
    int sample();

    /** What the last step, which had knobs, used. */
    StepUsage usage();

    /** Ends the running or the next prefill or step. Any thread. */
    void cancel();

    @Override
    void close();
}
