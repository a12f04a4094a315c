package dev.sol.runtime.engine;

import java.util.concurrent.atomic.LongAdder;

/** What {@link EngineStatistics} counts. For any thread. */
final class EngineCounters {
    final LongAdder accepted = new LongAdder();
    final LongAdder rejected = new LongAdder();
    final LongAdder completed = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder promptTokens = new LongAdder();
    final LongAdder cachedTokens = new LongAdder();
    final LongAdder generatedTokens = new LongAdder();
    final LongAdder batches = new LongAdder();
    final LongAdder batchTokens = new LongAdder();
    final LongAdder decodeBatches = new LongAdder();
    final LongAdder decodeTokens = new LongAdder();

    void ended(Generation.Outcome outcome) {
        switch (outcome) {
            case COMPLETED -> completed.increment();
            case CANCELLED -> cancelled.increment();
            case FAILED -> failed.increment();
        }
    }

    void computed(PlannedBatch batch) {
        batches.increment();
        batchTokens.add(batch.steps() + batch.promptTokens());
        promptTokens.add(batch.promptTokens());
        if (batch.steps() > 0) {
            decodeBatches.increment();
            decodeTokens.add(batch.steps());
        }
    }

    EngineStatistics statistics(int slots, int busySlots, int queueLength, int cells, int cellsUsed) {
        return new EngineStatistics(
                slots,
                busySlots,
                queueLength,
                accepted.sum(),
                rejected.sum(),
                completed.sum(),
                cancelled.sum(),
                failed.sum(),
                promptTokens.sum(),
                cachedTokens.sum(),
                generatedTokens.sum(),
                batches.sum(),
                batchTokens.sum(),
                decodeBatches.sum(),
                decodeTokens.sum(),
                cells,
                cellsUsed);
    }
}
