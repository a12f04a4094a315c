package dev.sol.runtime.engine;

/**
 * What an engine is doing, and has done since it was started.
 *
 * @param slots completions that can run at once
 * @param busySlots completions that run
 * @param queueLength requests that wait
 * @param accepted requests that were accepted; completed, cancelled and failed ones, those that run and those that wait
 * @param rejected requests that found the queue full
 * @param completed requests that ended by themselves, or by their timeout after the first token
 * @param cancelled requests that were cancelled
 * @param failed requests that failed
 * @param promptTokens tokens of prompts that were computed
 * @param cachedTokens tokens of prompts that were known from earlier ones
 * @param generatedTokens tokens generated
 * @param batches batches that were computed
 * @param batchTokens tokens in them
 * @param decodeBatches batches with a decode step of at least one completion
 * @param decodeTokens decode steps of completions: on average {@code decodeTokens / decodeBatches} of them share a batch
 * @param cells tokens that the KV cache has room for
 * @param cellsUsed those set aside for running completions, or holding what can be used again
 */
public record EngineStatistics(
        int slots,
        int busySlots,
        int queueLength,
        long accepted,
        long rejected,
        long completed,
        long cancelled,
        long failed,
        long promptTokens,
        long cachedTokens,
        long generatedTokens,
        long batches,
        long batchTokens,
        long decodeBatches,
        long decodeTokens,
        int cells,
        int cellsUsed) {}
