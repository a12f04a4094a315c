/**
 * Completes texts with a compute budget per token. {@link dev.sol.runtime.engine.CompletionEngine} owns a model and a context, and runs the
 * decode loop on a thread of its own:
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
 * <p>Requests wait in the {@code RequestQueue}; the {@code Scheduler} gives them {@code Slots} and computes one batch for all that run, on a
 * {@code Decoder}; a {@code Generation} is one of them. Its {@code Spending} asks the policy before every step. What a step costs is measured
 * by {@link dev.sol.runtime.engine.StepCosts}, for budgets in milliseconds ({@link dev.sol.runtime.cost}).
 */
@NullMarked
package dev.sol.runtime.engine;

import org.jspecify.annotations.NullMarked;
