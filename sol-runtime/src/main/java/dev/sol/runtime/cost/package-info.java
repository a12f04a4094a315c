/**
 * What a decode step costs in milliseconds: {@link dev.sol.runtime.cost.CostModel} predicts it, {@link
 * dev.sol.runtime.cost.Calibration} measures what it is fitted to, {@link dev.sol.runtime.cost.CostCache} keeps it, and {@link
 * dev.sol.runtime.cost.MillisBudget} turns a time per token into targets for the knobs. Nothing here knows of models; {@link
 * dev.sol.runtime.engine.StepCosts} puts it together.
 */
@NullMarked
package dev.sol.runtime.cost;

import org.jspecify.annotations.NullMarked;
