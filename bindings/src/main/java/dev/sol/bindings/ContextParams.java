package dev.sol.bindings;

import dev.sol.bindings.gen.sol_context_params;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * How a context is made: {@code struct sol_context_params}.
 *
 * @param contextSize KV cells, shared by all sequences; 0 = the model's training context
 * @param batchSize most tokens in one {@link Sol#decode}
 * @param microBatchSize most tokens computed at once
 * @param maxSequences most sequences, 1 to 256
 * @param threads threads of a single-token decode
 * @param batchThreads threads of larger batches
 * @param flashAttention fused attention
 * @param kvType the type of keys and values; Q8_0 needs {@code flashAttention}
 * @param attentionCriterion how the attended positions are chosen
 * @param attentionSinks positions 0 … sinks-1 are always attended
 * @param attentionWindow so are the newest {@code window} positions before the token, and the token itself
 * @param attentionPage positions in a page, 1 to 1024; criteria with pages need {@code flashAttention}
 * @param attentionChoice which query heads choose pages together
 * @param droppedPages what stands in for a dropped page; a tail needs a criterion with pages
 * @param mlpCriterion how the MLP units are chosen
 * @param mlpGroup neurons in a unit: 1, 8 or 32
 * @param mlpGate what neurons are scored by; {@link MlpGate#PREDICTED} needs a model with a predictor
 * @param bitsSite what the bits knob rounds
 * @param execution how tokens with knobs are computed
 * @param skipMlp with {@link Execution#SKIP}: MLPs, too, for which the model keeps its down projections in a second order
 * @param recordMlp keep what {@link Sol#mlpRecord} reads
 */
public record ContextParams(
        int contextSize,
        int batchSize,
        int microBatchSize,
        int maxSequences,
        int threads,
        int batchThreads,
        boolean flashAttention,
        KvType kvType,
        AttentionCriterion attentionCriterion,
        int attentionSinks,
        int attentionWindow,
        int attentionPage,
        AttentionChoice attentionChoice,
        DroppedPages droppedPages,
        MlpCriterion mlpCriterion,
        int mlpGroup,
        MlpGate mlpGate,
        BitsSite bitsSite,
        Execution execution,
        boolean skipMlp,
        boolean recordMlp) {

    /** @throws InvalidArgumentException for a negative size, which C would read as a huge one */
    public ContextParams {
        requireNotNegative("context size", contextSize);
        requireNotNegative("batch size", batchSize);
        requireNotNegative("micro-batch size", microBatchSize);
        requireNotNegative("number of sequences", maxSequences);
    }

    private static void requireNotNegative(String what, int value) {
        if (value < 0) {
            throw new InvalidArgumentException("the " + what + " is negative: " + value);
        }
    }

    static ContextParams read(MemorySegment struct) {
        return new ContextParams(
                sol_context_params.n_ctx(struct),
                sol_context_params.n_batch(struct),
                sol_context_params.n_ubatch(struct),
                sol_context_params.n_seq_max(struct),
                sol_context_params.n_threads(struct),
                sol_context_params.n_threads_batch(struct),
                sol_context_params.flash_attn(struct),
                KvType.of(sol_context_params.kv_type(struct)),
                AttentionCriterion.of(sol_context_params.attn_criterion(struct)),
                sol_context_params.attn_sinks(struct),
                sol_context_params.attn_window(struct),
                sol_context_params.attn_page(struct),
                AttentionChoice.of(sol_context_params.attn_choice(struct)),
                DroppedPages.of(sol_context_params.attn_dropped(struct)),
                MlpCriterion.of(sol_context_params.mlp_criterion(struct)),
                sol_context_params.mlp_group(struct),
                MlpGate.of(sol_context_params.mlp_gate(struct)),
                BitsSite.of(sol_context_params.bits_site(struct)),
                Execution.of(sol_context_params.execution(struct)),
                sol_context_params.skip_mlp(struct),
                sol_context_params.record_mlp(struct));
    }

    MemorySegment write(SegmentAllocator allocator) {
        MemorySegment struct = sol_context_params.allocate(allocator);
        sol_context_params.n_ctx(struct, contextSize);
        sol_context_params.n_batch(struct, batchSize);
        sol_context_params.n_ubatch(struct, microBatchSize);
        sol_context_params.n_seq_max(struct, maxSequences);
        sol_context_params.n_threads(struct, threads);
        sol_context_params.n_threads_batch(struct, batchThreads);
        sol_context_params.flash_attn(struct, flashAttention);
        sol_context_params.kv_type(struct, kvType.code());
        sol_context_params.attn_criterion(struct, attentionCriterion.code());
        sol_context_params.attn_sinks(struct, attentionSinks);
        sol_context_params.attn_window(struct, attentionWindow);
        sol_context_params.attn_page(struct, attentionPage);
        sol_context_params.attn_choice(struct, attentionChoice.code());
        sol_context_params.attn_dropped(struct, droppedPages.code());
        sol_context_params.mlp_criterion(struct, mlpCriterion.code());
        sol_context_params.mlp_group(struct, mlpGroup);
        sol_context_params.mlp_gate(struct, mlpGate.code());
        sol_context_params.bits_site(struct, bitsSite.code());
        sol_context_params.execution(struct, execution.code());
        sol_context_params.skip_mlp(struct, skipMlp);
        sol_context_params.record_mlp(struct, recordMlp);
        return struct;
    }
}
