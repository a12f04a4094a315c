/**
 * Models and what computes on them, with knobs for each token.
 *
 * <p>{@link dev.sol.runtime.Model} and {@link dev.sol.runtime.InferenceContext} own native objects: they are closed once,
 * from any thread, and every use after that throws {@link dev.sol.runtime.ClosedException}. {@link dev.sol.runtime.KnobOptions} says what
 * the knobs mean, {@link dev.sol.runtime.Batch} has them for each token, {@link dev.sol.runtime.StepUsage} is what they came to.
 *
 * <p>{@link dev.sol.runtime.engine} completes texts with that. {@link dev.sol.runtime.chat} makes prompts of messages, {@link
 * dev.sol.runtime.openai} maps requests and results to OpenAI's JSON, and {@link dev.sol.runtime.cli} has the command line.
 */
@NullMarked
package dev.sol.runtime;

import org.jspecify.annotations.NullMarked;
