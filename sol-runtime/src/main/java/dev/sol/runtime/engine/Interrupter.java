package dev.sol.runtime.engine;

import java.util.List;

/**
 * Lets a cancellation end the batch that is being decoded, if it computes a prompt that nobody waits for any more: such a batch can take
 * many times as long as a decode step. For any thread.
 */
final class Interrupter {
    private final Decoder decoder;
    private List<CompletionTask> prompts = List.of();
    private boolean interrupted;

    Interrupter(Decoder decoder) {
        this.decoder = decoder;
    }

    /**
     * A batch is about to be decoded.
     *
     * @param tasks whose cancellation ends it
     * @return false if one of them was cancelled already, and the batch should not begin
     */
    synchronized boolean begin(List<CompletionTask> tasks) {
        if (tasks.stream().anyMatch(CompletionTask::isCancelled)) {
            return false;
        }
        prompts = tasks;
        return true;
    }

    /** The batch has ended. */
    synchronized void end() {
        prompts = List.of();
        if (interrupted) {
            interrupted = false;
            decoder.discardCancel(); // it may have come too late, and must not hit the next one
        }
    }

    /** The task was cancelled. */
    synchronized void cancelled(CompletionTask task) {
        if (prompts.contains(task)) {
            interrupted = true;
            decoder.cancel();
        }
    }
}
