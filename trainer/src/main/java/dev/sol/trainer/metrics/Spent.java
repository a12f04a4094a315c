package dev.sol.trainer.metrics;

/**
 * What the scored tokens used, from the native counters: means over the tokens.
 *
 * @param attn attended ÷ visible positions, over the layers that the knob reaches
 * @param mlp kept ÷ all units, over the layers that the knob reaches
 */
public record Spent(double attn, double mlp) {}
