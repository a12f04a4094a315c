package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.StepUsage;
import dev.sol.runtime.TokenScore;
import java.util.List;

/**
 * Sequences that take their steps together, one token of each in a batch: what an evaluation needs of a model. Sequences are called
 * lanes. {@link ModelLockstep} is the real one, tests have another. One thread at a time, {@link #cancel} excepted.
 */
interface Lockstep extends AutoCloseable {

    /** The most sequences. */
    int lanes();

    /** Floats in a hidden state and a token embedding. */
    int embeddingLength();

    /** Number of tokens. */
    int vocabularySize();

    /** Positions that every token attends; a step is effective when it sees more. */
    int forcedPositions();

    /** Which knobs reach any layer. */
    KnobReach reach();

    /**
     * Forgets all sequences and begins new ones, densely.
     *
     * @param windows [1 … lanes] sequences of at least {@code length} tokens
     * @param length tokens of each that are appended
     * @throws java.util.concurrent.CancellationException after {@link #cancel}
     */
    void start(List<int[]> windows, int length);

    /**
     * Appends a token to each sequence.
     *
     * @param tokens [sequences]
     * @param actions [sequences] what they may spend
     * @throws java.util.concurrent.CancellationException after {@link #cancel}
     */
    void step(int[] tokens, List<Action> actions);

    /** What a token of the last {@link #step} used. */
    StepUsage usage(int lane);

    /**
     * Scores the tokens that follow.
     *
     * @param labels [sequences] the token that does follow in each
     * @return [sequences]
     * @throws dev.sol.runtime.ModelException if the logits are not finite
     */
    List<TokenScore> score(int[] labels);

    /** Copies the hidden state of a sequence's last token. */
    void hidden(int lane, float[] out);

    /** Copies a row of the token embedding. */
    void embedding(int token, float[] out);

    /** Ends the running step and every later one. Any thread. */
    void cancel();

    @Override
    void close();
}
