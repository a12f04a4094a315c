/**
 * Runs language models with a compute budget per token.
 *
 * <p>{@link dev.sol.runtime.Model} and {@link dev.sol.runtime.InferenceContext} own native objects: they are closed once,
 * from any thread, and every use after that throws {@link dev.sol.runtime.ClosedException}. {@link
 * dev.sol.runtime.CompletionEngine} owns both and runs the decode loop on a thread of its own:
 *
 * <pre>{@code
 * try (CompletionEngine engine =
 *         CompletionEngine.open(Model.load(file, ModelOptions.DEFAULT), ContextOptions.DEFAULT, 64)) {
 *     CompletionRequest request = CompletionRequest.builder("Once upon a time")
 *             .budget(Budget.ofNet(0.6, ActionGrid.defaultGrid()))
 *             .build();
 *     CompletionResult result = engine.submit(request, System.out::print).result().join();
 * }
 * }</pre>
 *
 * <p>What a step costs is measured by {@link dev.sol.runtime.StepCosts}, for budgets in milliseconds ({@link dev.sol.runtime.cost}).
 * {@link dev.sol.runtime.chat} makes prompts of messages. {@link dev.sol.runtime.openai} maps requests and results to OpenAI's JSON;
 * {@link dev.sol.runtime.cli} has the command line.
 */
@NullMarked
package dev.sol.runtime;

import org.jspecify.annotations.NullMarked;
