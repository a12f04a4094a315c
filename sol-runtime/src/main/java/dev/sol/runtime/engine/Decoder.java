package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Execution;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.StepUsage;
import dev.sol.runtime.cost.CostModel;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A model with several sequences in one KV cache: what the {@link Scheduler} needs. {@link NativeDecoder} is the real one, tests have
 * another. One thread at a time; {@link #cancel} and what is about the vocabulary are for any.
 */
interface Decoder extends AutoCloseable {
    /** Tokens of one sequence that fit. */
    int contextLength();

    /** Tokens of all sequences together that fit; not fewer. */
    int cells();

    /** The number of sequences; they are called 0 … n - 1. */
    int sequences();

    /** The most tokens of a batch; not fewer than sequences. */
    int batchSize();

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

    // ---- The vocabulary, for any thread

    /** The tokens of a prompt. */
    int[] encode(String text);

    /** The token with which an empty prompt begins. */
    OptionalInt beginOfText();

    /**
     * The bytes of a token.
     *
     * @param special those of its name, if it is a special one, rather than none
     */
    byte[] bytes(int token, boolean special);

    boolean isEndOfGeneration(int token);

    /** Copies the row of {@code token} in the token embedding. */
    void embedding(int token, float[] out);

    // ---- The KV cache

    /**
     * Forgets what a sequence has from position {@code length} on.
     *
     * @return how many positions it has left: {@code length}; or 0 if the model cannot forget a part, and all of it was forgotten
     */
    int keep(int sequence, int length);

    /**
     * Lets {@code target} have positions {@code from} … {@code to} - 1 of {@code source}, too, without copying them.
     *
     * @param from the number of positions that {@code target} has
     * @return whether the model can do that
     */
    boolean share(int source, int target, int from, int to);

    // ---- Decoding

    /** Begins a new batch. */
    void begin();

    /**
     * Adds a token to the batch.
     *
     * @param position the number of tokens in the sequence before it
     * @param output whether what follows the token is asked for
     * @param knobs null: dense, through llama.cpp's unchanged graph unless another token of the batch has knobs, and not counted
     * @return its index in the batch
     */
    int add(int sequence, int position, int token, boolean output, @Nullable Action knobs);

    /**
     * Computes the batch. After a failure some of its tokens may be in their sequences.
     *
     * @throws CancellationException after {@link #cancel}
     */
    void decode();

    /** Ends the running or the next decode. Any thread. */
    void cancel();

    /** Forgets a {@link #cancel} that came too late for its decode. */
    void discardCancel();

    /** What token {@code index} of the last batch used; it must have had knobs. */
    StepUsage usage(int index);

    /** Copies the hidden state of output {@code index} of the last batch, after the final norm. */
    void hidden(int index, float[] out);

    /** Entropy of the distribution of what follows output {@code index} of the last batch, as a share of the largest possible. */
    double entropy(int index);

    /** Copies the logits of output {@code index} of the last batch. */
    void logits(int index, float[] out);

    /**
     * What picks the tokens of one completion.
     *
     * @param prompt the tokens before those that it picks
     */
    Picker picker(SamplingOptions options, boolean ignoreEos, int[] prompt);

    /** Picks one token after the other. */
    interface Picker extends AutoCloseable {
        /** Picks the token that follows output {@code index} of the last batch. */
        int pick(int index);

        @Override
        void close();
    }

    @Override
    void close();
}
