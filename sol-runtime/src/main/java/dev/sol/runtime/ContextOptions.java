package dev.sol.runtime;

import java.util.function.Consumer;

/**
 * How a context is made.
 *
 * @param contextLength tokens of one sequence that fit; 0 = what the model was trained with, but not more than {@link
 *     #DEFAULT_CONTEXT}. More than the model was trained with is refused
 * @param cells positions that the KV cache holds of all sequences together, those that share one counting it once; 0 or fewer
 *     than {@code contextLength} = as many as that
 * @param batchSize most tokens in one decode
 * @param microBatchSize most tokens computed at once, at most {@code batchSize}
 * @param maxSequences most sequences, 1 to 256
 * @param threads threads of a single-token decode; 0 = one for each processor, or a single one for a tiny model: see {@link
 *     #SINGLE_THREAD_PARAMETERS}
 * @param batchThreads threads of larger batches; 0 = as for {@code threads}
 * @param flashAttention fused attention, which criteria with pages and {@link KvType#Q8_0} need
 * @param kvType the type of keys and values
 * @param execution how tokens with knobs are computed
 * @param skipMlp with {@link Execution#SKIP}: MLPs, too, for which the model keeps its down projections in a second order ({@link
 *     Model#extraBytes}); without it only attention skips
 * @param recordMlp keep what {@link InferenceContext#mlpRecord} reads, for calibration
 * @param knobs what the knobs mean
 */
public record ContextOptions(
        int contextLength,
        int cells,
        int batchSize,
        int microBatchSize,
        int maxSequences,
        int threads,
        int batchThreads,
        boolean flashAttention,
        KvType kvType,
        Execution execution,
        boolean skipMlp,
        boolean recordMlp,
        KnobOptions knobs) {

    /** The most that {@code contextLength} 0 asks for: the KV cache of a model with a huge context takes huge memory. */
    public static final int DEFAULT_CONTEXT = 8192;

    /**
     * Models with fewer weights get one thread unless another number is asked for. Each operation takes them microseconds, and
     * ggml's threads spin while they wait for each other after each: one busy processor then makes a decode a hundred times slower.
     */
    public static final long SINGLE_THREAD_PARAMETERS = 10_000_000;

    /** The most sequences of a context; llama.cpp's limit. */
    public static final int MAX_SEQUENCES = 256;

    /** One sequence of the model's context, F16 keys and values, {@link Execution#REFERENCE}. */
    public static final ContextOptions DEFAULT = new ContextOptions(
            0, 0, 2048, 512, 1, 0, 0, true, KvType.F16, Execution.REFERENCE, true, false, KnobOptions.DEFAULT);

    private static final int MAX_THREADS = 512; // GGML_MAX_N_THREADS

    /** @throws RequestException if a value is out of range, or two do not go together */
    public ContextOptions {
        KnobOptions.requireAtLeast("ctx", contextLength, 0);
        KnobOptions.requireAtLeast("number of KV cells", cells, 0);
        KnobOptions.requireAtLeast("batch size", batchSize, 1);
        KnobOptions.requireAtLeast("micro-batch size", microBatchSize, 1);
        KnobOptions.requireAtLeast("number of sequences", maxSequences, 1);
        if (knobs.attention().hasPages() && !flashAttention) {
            throw RequestException.invalid(
                    "attn_criterion", "attention criteria with pages (quest, mean) need flash attention");
        }
        if (kvType == KvType.Q8_0 && !flashAttention) {
            throw RequestException.invalid("kv_type", "keys and values of type q8_0 need flash attention");
        }
        requireThreads(threads);
        requireThreads(batchThreads);
    }

    /** These options with another context length. */
    public ContextOptions withContextLength(int value) {
        return with(draft -> draft.contextLength = value);
    }

    /** These options with so many KV cells for all sequences together. */
    public ContextOptions withCells(int value) {
        return with(draft -> draft.cells = value);
    }

    /** These options with another batch and micro-batch size. */
    public ContextOptions withBatchSize(int batch, int microBatch) {
        return with(draft -> {
            draft.batchSize = batch;
            draft.microBatchSize = microBatch;
        });
    }

    /** These options with another number of sequences. */
    public ContextOptions withMaxSequences(int value) {
        return with(draft -> draft.maxSequences = value);
    }

    /** These options with so many threads for every decode. */
    public ContextOptions withThreads(int value) {
        return with(draft -> {
            draft.threads = value;
            draft.batchThreads = value;
        });
    }

    /** These options with or without fused attention. */
    public ContextOptions withFlashAttention(boolean value) {
        return with(draft -> draft.flashAttention = value);
    }

    /** These options with another type of keys and values. */
    public ContextOptions withKvType(KvType value) {
        return with(draft -> draft.kvType = value);
    }

    /** These options with another way to compute tokens with knobs. */
    public ContextOptions withExecution(Execution value) {
        return with(draft -> draft.execution = value);
    }

    /** These options with or without MLPs that skip. */
    public ContextOptions withSkipMlp(boolean value) {
        return with(draft -> draft.skipMlp = value);
    }

    /** These options with or without records of MLPs. */
    public ContextOptions withRecordMlp(boolean value) {
        return with(draft -> draft.recordMlp = value);
    }

    /** These options with other knobs. */
    public ContextOptions withKnobs(KnobOptions value) {
        return with(draft -> draft.knobs = value);
    }

    private ContextOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components while one changes. */
    private static final class Draft {
        private int contextLength;
        private int cells;
        private int batchSize;
        private int microBatchSize;
        private int maxSequences;
        private int threads;
        private int batchThreads;
        private boolean flashAttention;
        private KvType kvType;
        private Execution execution;
        private boolean skipMlp;
        private boolean recordMlp;
        private KnobOptions knobs;

        Draft(ContextOptions from) {
            contextLength = from.contextLength;
            cells = from.cells;
            batchSize = from.batchSize;
            microBatchSize = from.microBatchSize;
            maxSequences = from.maxSequences;
            threads = from.threads;
            batchThreads = from.batchThreads;
            flashAttention = from.flashAttention;
            kvType = from.kvType;
            execution = from.execution;
            skipMlp = from.skipMlp;
            recordMlp = from.recordMlp;
            knobs = from.knobs;
        }

        ContextOptions options() {
            return new ContextOptions(
                    contextLength,
                    cells,
                    batchSize,
                    microBatchSize,
                    maxSequences,
                    threads,
                    batchThreads,
                    flashAttention,
                    kvType,
                    execution,
                    skipMlp,
                    recordMlp,
                    knobs);
        }
    }

    private static void requireThreads(int value) {
        if (value < 0 || value > MAX_THREADS) {
            throw RequestException.invalid(
                    "threads", "threads must be from 0 (automatic) to " + MAX_THREADS + ", not " + value);
        }
    }
}
