package dev.sol.runtime.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Continuous batching: every {@link #step} computes one batch for all running completions, and completions come and go between steps. On
 * the decode thread.
 *
 * <p>What fails is found out by computing the tokens of each completion alone; those that work go on.
 */
final class Scheduler {
    private final Decoder decoder;
    private final EngineCounters counters;
    private final Interrupter interrupter;
    private final Slots slots;
    private final BatchPlan plan;
    private final List<Generation> running = new ArrayList<>(); // the first admitted first

    Scheduler(Decoder decoder, EngineCounters counters, Interrupter interrupter) {
        this.decoder = decoder;
        this.counters = counters;
        this.interrupter = interrupter;
        this.slots = new Slots(decoder);
        this.plan = new BatchPlan(decoder);
    }

    /** Whether there is room for the task now. */
    boolean fits(CompletionTask task) {
        return slots.fit(task);
    }

    boolean isIdle() {
        return running.isEmpty();
    }

    int cellsUsed() {
        return slots.cellsUsed();
    }

    /**
     * Starts a task that {@link #fits fits}. One that cannot be started ends at once.
     *
     * @param ended gets what completes its future in that case
     */
    void start(CompletionTask task, List<Ended> ended) {
        task.listener().onStart();
        Slot slot = slots.take(task);
        try {
            Generation generation = new Generation(decoder, task, slot);
            running.add(generation);
            counters.cachedTokens.add(generation.cached());
        } catch (RuntimeException | Error e) {
            slots.release(slot);
            counters.ended(Generation.Outcome.FAILED);
            ended.add(new Ended(task, () -> task.fail(e)));
        }
    }

    /** A completion that has ended: `publish` completes its future. */
    record Ended(CompletionTask task, Runnable publish) {}

    /** Adds what has ended; if nothing has, computes a batch. */
    void step(List<Ended> ended) {
        endCancelled();
        collect(ended);
        if (!ended.isEmpty()) {
            return; // nobody waits for a batch to hear of it
        }
        for (Generation generation : running) {
            if (generation.isPrefilling() && generation.mayShare()) {
                share(generation);
            }
        }
        compute(plan.next(running));
        collect(ended);
    }

    private void share(Generation generation) {
        int[] prompt = generation.task().prompt();
        int count = slots.share(generation.slot(), prompt, prompt.length - 1);
        generation.addCached(count);
        counters.cachedTokens.add(count);
    }

    private void endCancelled() {
        for (Generation generation : running) {
            if (generation.task().isCancelled()) {
                generation.end(FinishReason.CANCELLED);
            } else if (generation.task().isTimedOut()) {
                generation.endTimedOut();
            }
        }
    }

    private void collect(List<Ended> ended) {
        running.removeIf(generation -> {
            Runnable publish = generation.ending();
            if (publish == null) {
                return false;
            }
            slots.release(generation.slot());
            counters.ended(generation.outcome());
            ended.add(new Ended(generation.task(), publish));
            return true;
        });
    }

    private void compute(PlannedBatch batch) {
        long nanos;
        try {
            if (!interrupter.begin(batch.interruptible())) {
                return;
            }
            try {
                nanos = decode(batch);
            } finally {
                interrupter.end();
            }
        } catch (CancellationException e) {
            restore(batch, e); // those that were not cancelled try again
            return;
        } catch (RuntimeException | Error e) {
            restore(batch, e);
            recover(batch, e);
            return;
        }
        counters.computed(batch);
        plan.took(batch, nanos);
        for (BatchPart part : batch.parts()) {
            deliver(part, nanos);
        }
    }

    /** Returns how long it took. */
    private long decode(PlannedBatch batch) {
        decoder.begin();
        for (BatchPart part : batch.parts()) {
            part.addTo(decoder);
        }
        long start = System.nanoTime();
        decoder.decode();
        return System.nanoTime() - start;
    }

    private void restore(PlannedBatch batch, Throwable cause) {
        for (BatchPart part : batch.parts()) {
            Generation generation = part.generation();
            if (!slots.restore(generation.slot())) {
                if (part.isPrompt()) {
                    generation.restart();
                } else {
                    generation.fail(cause); // its steps cannot be repeated
                }
            }
        }
    }

    /** Finds out whose fault it was. */
    private void recover(PlannedBatch batch, Throwable cause) {
        if (slots.forgetCache()) {
            return; // perhaps that was it: everybody tries again
        }
        if (batch.parts().size() == 1) {
            batch.parts().getFirst().generation().fail(cause);
            return;
        }
        for (BatchPart part : batch.parts()) {
            if (part.generation().ending() == null) {
                compute(PlannedBatch.of(List.of(part)));
            }
        }
    }

    private void deliver(BatchPart part, long nanos) {
        Generation generation = part.generation();
        int before = generation.generated();
        try {
            part.deliver(nanos);
        } catch (RuntimeException | Error e) { // such as logits that are not finite
            generation.fail(e);
        }
        counters.generatedTokens.add(generation.generated() - before);
    }
}
