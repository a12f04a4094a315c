package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.StepUsage;
import dev.sol.runtime.TokenScore;
import java.util.List;

/**
 * Sequences that take their steps together, one token of each in a batch: what an evaluation needs of a model. Sequences are called
 * lanes; those that have ended are no longer named in steps. {@link ModelLockstep} is the real one, tests have another. One thread at a
 * time, {@link #cancel} excepted.
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
     * Forgets all sequences and begins new ones with the prefixes of passages, densely.
     *
     * @param passages [1 … lanes]
     * @throws java.util.concurrent.CancellationException after {@link #cancel}
     */
    void start(List<Passage> passages);

    /**
     * Appends the next token of its passage to each of some lanes.
     *
     * @param lanes [n] ascending
     * @param actions [n] what they may spend
     * @throws java.util.concurrent.CancellationException after {@link #cancel}
     */
    void step(int[] lanes, List<Action> actions);

    /**
     * Removes the newest tokens of some lanes from the cache and computes them again, densely.
     *
     * @param lanes [n] ascending, all of which took the last step
     * @param count how many tokens of each, fewer than there are
     * @throws java.util.concurrent.CancellationException after {@link #cancel}
     */
    void refresh(int[] lanes, int count);

    /** What a token of the last {@link #step} used. */
    StepUsage usage(int lane);

    /**
     * Scores what follows the last tokens.
     *
     * @param lanes [n] of the last {@link #start}, {@link #step} or {@link #refresh}
     * @param labels [n] the token that does follow in each
     * @return [n]
     * @throws dev.sol.runtime.ModelException if the logits are not finite
     */
    List<TokenScore> score(int[] lanes, int[] labels);

    /** Whether the model finds no token likelier after the last one. */
    boolean isLikeliest(int lane, int label);

    /** Copies the hidden state of a sequence's last token. */
    void hidden(int lane, float[] out);

    /** Copies a row of the token embedding. */
    void embedding(int token, float[] out);

    /** Ends the running step and every later one. Any thread. */
    void cancel();

    @Override
    void close();
}
