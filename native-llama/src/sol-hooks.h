// What the patched llama.cpp calls. Everything behind these functions lives in the sol-*.cpp files.

#pragma once

#include <cstdint>
#include <vector>

struct ggml_tensor;
struct llama_ubatch;
struct llm_graph_context;
class  llama_kv_cells;

enum llm_ffn_op_type : int;

struct sol_state; // of one llama_context (sol-state.h)

// Where the tokens of a ubatch stood in the batch that the caller gave to sol_decode.
struct sol_tokens {
    sol_state *          state = nullptr; // null in graph reservations and in contexts without knobs
    std::vector<int32_t> idxs;
};

// One MLP inside llm_graph_context::build_ffn or build_moe_ffn, seen just before its activation function.
struct sol_mlp_site {
    const ggml_tensor * up;    // weights, of all experts; null where upstream passes none
    const ggml_tensor * down;
    ggml_tensor *       pre;   // what the activation function is applied to
    llm_ffn_op_type     type_op;
    bool                gated; // the activation is multiplied with the output of `up`
    int64_t             up_first; // row of `up` with the first neuron, after those of a gate in the same matrix
    int                 il;
    ggml_tensor *       x;     // the input, as the matrices read it
    const ggml_tensor * gate;  // weights of which nothing but `pre` is the product; null if there is more to it
    bool                plain; // nothing but the gate's activation and `up` make up the input of `down`: no bias, scale or clamp
};

// The MLP's input x[n_embd, n_tokens] for the matrices that read it: without the channels that mlp_keep drops, and rounded, as
// the context's criteria have it. (build_ffn, build_moe_ffn)
ggml_tensor * sol_mlp_input(const llm_graph_context & graph, ggml_tensor * x, const ggml_tensor * up, int il);

// Zeroes the units of h[n_ff, n_tokens], the input of the down projection, that mlp_keep drops. (build_ffn)
ggml_tensor * sol_prune_mlp(const llm_graph_context & graph, const sol_mlp_site & site, ggml_tensor * h);

// What down·h is, without reading the units that mlp_keep drops; null where that cannot be skipped. (build_ffn)
ggml_tensor * sol_skip_mlp(const llm_graph_context & graph, const sol_mlp_site & site);

// sol_prune_mlp for h[n_ff, n_expert_used, n_tokens] of the experts in selected[n_expert_used, n_tokens]. (build_moe_ffn)
ggml_tensor * sol_prune_experts(const llm_graph_context & graph, const sol_mlp_site & site, ggml_tensor * h, ggml_tensor * selected);

// Rounds an MLP's output[n_embd, n_tokens] to act_bits. (build_ffn, build_moe_ffn)
ggml_tensor * sol_round_mlp(const llm_graph_context & graph, ggml_tensor * output, int il);

// Layer `il` attends through the KV cache under this mask. (build_attn)
void sol_note_attn(const llm_graph_context & graph, const ggml_tensor * kq_mask, int il);

// Replaces the rows of `flash`, a GGML_OP_FLASH_ATTN_EXT, whose tokens drop pages, if its mask was noted. (build_attn_mha)
ggml_tensor * sol_attend(const llm_graph_context & graph, ggml_tensor * flash, int il);

// Masks the positions that attn_keep drops, or lists the pages that there are to choose from. Called when the
// mask[n_kv, n_tokens/n_stream, 1, n_stream] has been filled. (set_input_kq_mask)
void sol_set_mask(ggml_tensor * mask, const llama_ubatch * ubatch,
        const std::vector<llama_kv_cells> & cells, const std::vector<uint32_t> & seq_to_stream);

// The tensor to export as the hidden state of the output tokens, or null. (llama_context::decode)
ggml_tensor * sol_hidden_state(sol_state * state, ggml_tensor * t_embd, int64_t n_outputs);
