package dev.sol.runtime;

import dev.sol.policy.Action;
import org.jspecify.annotations.Nullable;

/**
 * One generated token.
 *
 * @param token its id
 * @param text the characters that it completed; empty when it ends within one. Not cut at a stop string
 * @param knobs what the decode step was given to spend; null for the first token, which comes from the prompt. Dense for steps
 *     that are not effective, and without a budget
 */
public record TraceEntry(int token, String text, @Nullable Action knobs) {}
