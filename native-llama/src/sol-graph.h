// The knobs of a ubatch as inputs of its graph.

#pragma once

#include "sol-state.h"

#include "llama-graph.h"

#include <map>
#include <memory>
#include <vector>

enum class sol_mlp_class { DENSE, SHARED };

// One pruned MLP of a graph: what its op needs beside tensors.
struct sol_mlp_op {
    sol_state *     state;
    sol_mlp_class   mlp_class;
    const float *   norms;     // [n_ff] factor of each neuron's activation in its score
    int64_t         group;     // neurons in a unit
    llm_ffn_op_type type_op;
    bool            recompute; // the score takes act(src[3]); otherwise |h| is the activation itself
};

class sol_graph_input : public llm_graph_input_i {
public:
    sol_graph_input(sol_state * state, ggml_context * ctx, int64_t n_tokens, int64_t n_outputs, int64_t n_layer);
    ~sol_graph_input() override;

    void set_input(const llama_ubatch * ubatch) override;
    bool can_reuse(const llm_graph_params & params) override;

    // Knobs and batch indices for a tensor with one row per token, or one per output.
    struct rows {
        ggml_tensor * knobs = nullptr; // F32 [2, n]: mlp_keep, act_bits
        ggml_tensor * index = nullptr; // I32 [n]: index in the caller's batch
    };

    // Null knobs when `cur` has neither shape.
    rows rows_of(const ggml_tensor * cur) const;

    sol_mlp_op * add_op(const sol_mlp_op & op);

    struct mask_users {
        int64_t full    = 0; // layers that attend under the mask
        int64_t sliding = 0;
    };

    std::map<const ggml_tensor *, mask_users> masks;
    std::vector<sol_layer_info>               layers;

private:
    sol_state * state;

    const int64_t n_tokens;
    const int64_t n_outputs;

    rows all;
    rows outputs;

    std::vector<std::unique_ptr<sol_mlp_op>> ops;
};
