#include "sol-graph.h"

#include "llama-model.h"

#include <algorithm>

static sol_graph_input::rows new_rows(ggml_context * ctx, int64_t n) {
    sol_graph_input::rows res;

    res.knobs = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, 2, n);
    res.index = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, n);

    ggml_set_input(res.knobs);
    ggml_set_input(res.index);

    ggml_set_name(res.knobs, "sol_knobs");
    ggml_set_name(res.index, "sol_index");

    return res;
}

static bool is_dense(const sol_knobs & knobs) {
    return knobs.attn_keep == 1.0f && knobs.mlp_keep == 1.0f && knobs.act_bits == 16;
}

bool sol_graph_input::is_steps(const llama_ubatch & ubatch) {
    return ubatch.n_tokens > 1 && ubatch.n_seqs_unq == ubatch.n_tokens;
}

bool sol_graph_input::has_dense(const llama_ubatch & ubatch) const {
    if (!state->knobs || !ubatch.data || !ubatch.data->sol.state) {
        return true; // a reservation
    }

    const auto & idxs = ubatch.data->sol.idxs;

    return std::any_of(idxs.begin(), idxs.end(), [&](int32_t i) { return is_dense(state->knobs[i]); });
}

sol_graph_input::sol_graph_input(sol_state * state, ggml_context * ctx, const llama_ubatch & ubatch, int64_t n_outputs, int64_t n_layer) :
        layers(n_layer), state(state), n_tokens(ubatch.n_tokens), n_outputs(n_outputs), steps(is_steps(ubatch)), dense(has_dense(ubatch)) {
    all     = new_rows(ctx, n_tokens);
    outputs = n_outputs == n_tokens || n_outputs == 0 ? all : new_rows(ctx, n_outputs);

    state->graph = this;
}

sol_graph_input::~sol_graph_input() {
    if (state->graph == this) {
        state->graph = nullptr;
    }
}

bool sol_graph_input::can_reuse(const llm_graph_params & params) {
    state->graph = this;

    return params.ubatch.n_tokens == n_tokens && params.n_outputs == n_outputs
        && is_steps(params.ubatch) == steps && (!steps || has_dense(params.ubatch) == dense);
}

static void fill_rows(const sol_graph_input::rows & rows, const sol_state & state, const std::vector<int32_t> & idxs) {
    std::vector<float> knobs;
    knobs.reserve(2*idxs.size());

    for (const int32_t i : idxs) {
        knobs.push_back(state.knobs[i].mlp_keep);
        knobs.push_back((float) state.knobs[i].act_bits);
    }

    // an input that no node of the graph uses has no buffer
    if (rows.knobs->buffer) {
        ggml_backend_tensor_set(rows.knobs, knobs.data(), 0, ggml_nbytes(rows.knobs));
    }
    if (rows.index->buffer) {
        ggml_backend_tensor_set(rows.index, idxs.data(), 0, ggml_nbytes(rows.index));
    }
}

void sol_graph_input::set_input(const llama_ubatch * ubatch) {
    const std::vector<int32_t> & idxs = ubatch->data->sol.idxs;

    fill_rows(all, *state, idxs);

    if (outputs.knobs != all.knobs) {
        std::vector<int32_t> idxs_out;

        for (uint32_t i = 0; i < ubatch->n_tokens; ++i) {
            if (ubatch->output[i]) {
                idxs_out.push_back(idxs[i]);
            }
        }

        fill_rows(outputs, *state, idxs_out);
    }
}

sol_graph_input::rows sol_graph_input::rows_of(int64_t n) const {
    if (n == n_tokens) {
        return all;
    }

    return n == n_outputs ? outputs : rows {};
}

bool sol_graph_input::is_layer(int il) const {
    return il >= 0 && il < (int) layers.size();
}

bool sol_graph_input::may_skip() const {
    return state->params.execution == SOL_EXECUTION_SKIP && state->params.flash_attn;
}

bool sol_graph_input::is_skip() const {
    // upstream's kernels share keys between the tokens of a large batch, which ours do not
    return may_skip() && n_tokens <= 32;
}

bool sol_graph_input::is_skip_mlp() const {
    // the more tokens, the fewer units that none of them keeps, and upstream's kernels multiply a weight with several at once
    return is_skip() && n_tokens <= 4;
}

sol_graph_input::attending sol_graph_input::attends() const {
    if (is_skip() || state->own_attention) {
        return attending::ALL;
    }
    if (!steps || may_skip() || !state->params.flash_attn) {
        return attending::NONE;
    }

    return dense ? attending::WITH_KNOBS : attending::ALL;
}

bool sol_graph_input::attends(const sol_knobs & knobs) const {
    const attending which = attends();

    return which == attending::ALL || (which == attending::WITH_KNOBS && !is_dense(knobs));
}

sol_mlp_op * sol_graph_input::keep(const sol_mlp_op & op) {
    mlp_ops.push_back(std::make_unique<sol_mlp_op>(op));
    return mlp_ops.back().get();
}

sol_attn_op * sol_graph_input::keep(const sol_attn_op & op) {
    attn_ops.push_back(std::make_unique<sol_attn_op>(op));
    return attn_ops.back().get();
}

sol_skip_op * sol_graph_input::keep(const sol_skip_op & op) {
    skip_ops.push_back(std::make_unique<sol_skip_op>(op));
    return skip_ops.back().get();
}

sol_graph_input * sol_input_of(const llm_graph_context & graph) {
    if (!graph.cparams.sol || !graph.cparams.sol_hooks) {
        return nullptr;
    }

    for (auto & input : graph.res->inputs) {
        if (auto * res = dynamic_cast<sol_graph_input *>(input.get())) {
            return res;
        }
    }

    return static_cast<sol_graph_input *>(graph.res->add_input(std::make_unique<sol_graph_input>(
            graph.cparams.sol, graph.ctx0, graph.ubatch, graph.n_outputs, graph.hparams.n_layer())));
}

ggml_tensor * sol_hidden_state(sol_state * state, ggml_tensor * t_embd, int64_t n_outputs) {
    if (!state) {
        return nullptr;
    }

    const bool ok = t_embd && t_embd->ne[0] == state->n_embd_out && ggml_nrows(t_embd) == n_outputs;

    if (n_outputs > 0) {
        state->has_hidden = ok;
    }

    return ok ? t_embd : nullptr;
}
