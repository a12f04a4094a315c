package dev.sol.trainer.rollout;

import dev.sol.runtime.Execution;
import dev.sol.runtime.KnobOptions;

/**
 * How a model is rolled out.
 *
 * @param reward of each step
 * @param knobs what they mean; a policy serves with the same
 * @param execution {@link Execution#REFERENCE}, which all architectures have, or {@link Execution#SKIP}
 * @param threads of the model; 0: one for each processor, for tiny models a single one. More than one slow down a busy machine: they
 *     wait for each other by spinning. For {@link ParallelRollouts} of a tiny model, the number of workers
 * @param lanes the most schedules that are decoded in one batch, from 1; see {@link #DEFAULT_LANES}
 */
public record RolloutOptions(Reward reward, KnobOptions knobs, Execution execution, int threads, int lanes) {
    /**
     * Two inputs of the presets, so that there are groups for several workers: larger batches save little more. From 64 tokens on,
     * llama.cpp's CPU attention, which dense tokens have, goes by tiles of tokens and cells, and a token pays for the cells of all
     * sequences that its tile sees. Below, a token's arithmetic depends on its own sequence only. Tokens with knobs have an attention of
     * ours, for which this is so with any number.
     */
    public static final int DEFAULT_LANES = 32;

    /** More sequences than a context may have. */
    private static final int MOST_LANES = 250;

    /** Log-likelihood in reference mode. */
    public static final RolloutOptions DEFAULT =
            new RolloutOptions(Reward.LIKELIHOOD, KnobOptions.DEFAULT, Execution.REFERENCE, 0, DEFAULT_LANES);

    /** @throws IllegalArgumentException if a number is out of range */
    public RolloutOptions {
        if (lanes < 1 || lanes > MOST_LANES) {
            throw new IllegalArgumentException("lanes must be in 1…%d, but is %d".formatted(MOST_LANES, lanes));
        }
        if (threads < 0) {
            throw new IllegalArgumentException("threads must not be negative, but is " + threads);
        }
    }

    /** These options with another reward. */
    public RolloutOptions withReward(Reward value) {
        return new RolloutOptions(value, knobs, execution, threads, lanes);
    }

    /** These options with other knobs. */
    public RolloutOptions withKnobs(KnobOptions value) {
        return new RolloutOptions(reward, value, execution, threads, lanes);
    }

    /** These options with another way to compute tokens with knobs. */
    public RolloutOptions withExecution(Execution value) {
        return new RolloutOptions(reward, knobs, value, threads, lanes);
    }

    /** These options with so many threads. */
    public RolloutOptions withThreads(int value) {
        return new RolloutOptions(reward, knobs, execution, value, lanes);
    }

    /** These options with so many schedules in a batch. */
    public RolloutOptions withLanes(int value) {
        return new RolloutOptions(reward, knobs, execution, threads, value);
    }
}
