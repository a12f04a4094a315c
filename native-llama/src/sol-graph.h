// The knobs of a ubatch as inputs of its graph.

#pragma once

#include "sol-attend.h"
#include "sol-ops.h"
#include "sol-skip-mlp.h"
#include "sol-state.h"

#include "llama-graph.h"

#include <map>
#include <memory>
#include <vector>

class sol_graph_input : public llm_graph_input_i {
public:
    sol_graph_input(sol_state * state, ggml_context * ctx, const llama_ubatch & ubatch, int64_t n_outputs, int64_t n_layer);
    ~sol_graph_input() override;

    void set_input(const llama_ubatch * ubatch) override;
    bool can_reuse(const llm_graph_params & params) override;

    // Knobs and batch indices for a tensor with one row per token, or one per output.
    struct rows {
        ggml_tensor * knobs = nullptr; // F32 [2, n]: mlp_keep, act_bits
        ggml_tensor * index = nullptr; // I32 [n]: index in the caller's batch
    };

    // Null knobs when `n` is neither the number of tokens nor of outputs.
    rows rows_of(int64_t n) const;

    bool is_layer(int il) const;

    // Whether what is dropped is not computed, rather than masked: in graphs of this context, and in this one.
    bool may_skip() const;
    bool is_skip() const;
    bool is_skip_mlp() const;

    // Which tokens have our attention, beside those that drop pages.
    enum class attending { NONE, WITH_KNOBS, ALL };

    // Upstream's kernel goes through the cells of all sequences for every token, so that many sequences that each take a step have ours, in
    // reference mode too. Dense tokens keep upstream's bits.
    attending attends() const;
    bool      attends(const sol_knobs & knobs) const;

    // What the graph's ops point to; it lives as long as the graph.
    sol_mlp_op  * keep(const sol_mlp_op  & op);
    sol_attn_op * keep(const sol_attn_op & op);
    sol_skip_op * keep(const sol_skip_op & op);

    sol_mlp_scratch mlp_scratch;

    // The layers whose attention the knob reaches under one mask.
    struct mask_use {
        int64_t heads_full    = 0; // query heads of all of them
        int64_t heads_sliding = 0;

        int     first_layer   = -1;

        std::unique_ptr<sol_attn_plan> plan = std::make_unique<sol_attn_plan>();
    };

    std::map<const ggml_tensor *, mask_use> masks;
    std::vector<sol_layer_info>             layers;

private:
    sol_state * state;

    // Whether each of several sequences takes a step.
    static bool is_steps(const llama_ubatch & ubatch);

    // Whether upstream's kernel is needed for some of its tokens.
    bool has_dense(const llama_ubatch & ubatch) const;

    const int64_t n_tokens;
    const int64_t n_outputs;
    const bool    steps;
    const bool    dense;

    rows all;
    rows outputs;

    std::vector<std::unique_ptr<sol_mlp_op>>  mlp_ops;
    std::vector<std::unique_ptr<sol_attn_op>> attn_ops;
    std::vector<std::unique_ptr<sol_skip_op>> skip_ops;
};

// The inputs of the graph that is being built; null when it is built without knobs.
sol_graph_input * sol_input_of(const llm_graph_context & graph);
