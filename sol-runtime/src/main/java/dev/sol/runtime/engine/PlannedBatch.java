package dev.sol.runtime.engine;

import java.util.List;

/**
 * What one decode computes.
 *
 * @param parts one for each completion that takes part
 * @param steps how many of them are decode steps
 * @param promptTokens tokens in the others
 */
record PlannedBatch(List<BatchPart> parts, int steps, int promptTokens) {
    static PlannedBatch of(List<BatchPart> parts) {
        int steps = 0;
        int promptTokens = 0;
        for (BatchPart part : parts) {
            if (part.isPrompt()) {
                promptTokens += part.count();
            } else {
                steps++;
            }
        }
        return new PlannedBatch(parts, steps, promptTokens);
    }

    /**
     * Whose cancellation may interrupt it. A step is short, and is waited for. A prompt is not, but one that shares a batch with steps must
     * not make these begin again.
     */
    List<CompletionTask> interruptible() {
        return steps > 0
                ? List.of()
                : parts.stream().map(part -> part.generation().task()).toList();
    }
}
