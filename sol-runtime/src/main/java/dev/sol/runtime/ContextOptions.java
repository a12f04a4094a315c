package dev.sol.runtime;

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
 * @param flashAttention fused attention, which criteria with pages need; the KV cache is F16 either way
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
        KnobOptions knobs) {

    /** The most that {@code contextLength} 0 asks for: the KV cache of a model with a huge context takes huge memory. */
    public static final int DEFAULT_CONTEXT = 8192;

    /**
     * Models with fewer weights get one thread unless another number is asked for. Each operation takes them microseconds, and
     * ggml's threads spin while they wait for each other after each: one busy processor then makes a decode a hundred times slower.
     */
    public static final long SINGLE_THREAD_PARAMETERS = 10_000_000;

    public static final ContextOptions DEFAULT =
            new ContextOptions(0, 0, 2048, 512, 1, 0, 0, true, KnobOptions.DEFAULT);

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
        requireThreads(threads);
        requireThreads(batchThreads);
    }

    /** These options with another context length. */
    public ContextOptions withContextLength(int value) {
        return new ContextOptions(
                value, cells, batchSize, microBatchSize, maxSequences, threads, batchThreads, flashAttention, knobs);
    }

    /** These options with so many KV cells for all sequences together. */
    public ContextOptions withCells(int value) {
        return new ContextOptions(
                contextLength,
                value,
                batchSize,
                microBatchSize,
                maxSequences,
                threads,
                batchThreads,
                flashAttention,
                knobs);
    }

    /** These options with another batch and micro-batch size. */
    public ContextOptions withBatchSize(int batch, int microBatch) {
        return new ContextOptions(
                contextLength, cells, batch, microBatch, maxSequences, threads, batchThreads, flashAttention, knobs);
    }

    /** These options with another number of sequences. */
    public ContextOptions withMaxSequences(int value) {
        return new ContextOptions(
                contextLength, cells, batchSize, microBatchSize, value, threads, batchThreads, flashAttention, knobs);
    }

    /** These options with so many threads for every decode. */
    public ContextOptions withThreads(int value) {
        return new ContextOptions(
                contextLength, cells, batchSize, microBatchSize, maxSequences, value, value, flashAttention, knobs);
    }

    /** These options with or without fused attention. */
    public ContextOptions withFlashAttention(boolean value) {
        return new ContextOptions(
                contextLength, cells, batchSize, microBatchSize, maxSequences, threads, batchThreads, value, knobs);
    }

    /** These options with other knobs. */
    public ContextOptions withKnobs(KnobOptions value) {
        return new ContextOptions(
                contextLength,
                cells,
                batchSize,
                microBatchSize,
                maxSequences,
                threads,
                batchThreads,
                flashAttention,
                value);
    }

    private static void requireThreads(int value) {
        if (value < 0 || value > MAX_THREADS) {
            throw RequestException.invalid(
                    "threads", "threads must be from 0 (automatic) to " + MAX_THREADS + ", not " + value);
        }
    }
}
