#include "sol-graph.h"

#include "sol-norms.h"
#include "sol-ops.h"

#include "llama-model.h"

#include <cstring>

//
// the inputs
//

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

sol_graph_input::sol_graph_input(sol_state * state, ggml_context * ctx, int64_t n_tokens, int64_t n_outputs, int64_t n_layer) :
        layers(n_layer), state(state), n_tokens(n_tokens), n_outputs(n_outputs) {
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

    return params.ubatch.n_tokens == n_tokens && params.n_outputs == n_outputs;
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

sol_graph_input::rows sol_graph_input::rows_of(const ggml_tensor * cur) const {
    const int64_t n = ggml_nrows(cur);

    if (n == n_tokens) {
        return all;
    }

    return n == n_outputs ? outputs : rows {};
}

sol_mlp_op * sol_graph_input::add_op(const sol_mlp_op & op) {
    ops.push_back(std::make_unique<sol_mlp_op>(op));
    return ops.back().get();
}

//
// the hooks
//

// The inputs of the graph that is being built; null when it is built without knobs.
static sol_graph_input * graph_input(const llm_graph_context & graph) {
    if (!graph.cparams.sol || !graph.cparams.sol_hooks) {
        return nullptr;
    }

    for (auto & input : graph.res->inputs) {
        if (auto * res = dynamic_cast<sol_graph_input *>(input.get())) {
            return res;
        }
    }

    return static_cast<sol_graph_input *>(graph.res->add_input(std::make_unique<sol_graph_input>(
            graph.cparams.sol, graph.ctx0, graph.n_tokens, graph.n_outputs, graph.hparams.n_layer())));
}

static bool is_layer(const sol_graph_input & input, int il) {
    return il >= 0 && il < (int) input.layers.size();
}

// GLU ops without a gate matrix of their own: `up` holds the gate's rows and then its own.
static bool is_fused_gate(llm_ffn_op_type type_op) {
    return type_op == LLM_FFN_SWIGLU || type_op == LLM_FFN_GEGLU || type_op == LLM_FFN_REGLU;
}

ggml_tensor * sol_prune_mlp(const llm_graph_context & graph, const sol_mlp_site & site, ggml_tensor * h) {
    sol_graph_input * input = graph_input(graph);

    if (!input || !is_layer(*input, site.il) || h->type != GGML_TYPE_F32 || ggml_nrows(h) == 0) {
        return h;
    }

    const auto rows = input->rows_of(h);
    if (!rows.knobs) {
        return h;
    }

    sol_state * state = graph.cparams.sol;

    const bool fused = is_fused_gate(site.type_op);
    const bool gated = site.gated || fused;

    if (gated && site.pre->type != GGML_TYPE_F32) {
        return h;
    }

    const float * norms = state->norms->get(gated ? site.up : nullptr, fused ? h->ne[0] : 0, site.down, h->ne[0]);
    if (!norms) {
        return h;
    }

    const bool    shared  = strstr(site.down->name, "shexp") != nullptr;
    const int64_t group   = state->params.mlp_group;
    const int32_t n_units = (int32_t) ((h->ne[0] + group - 1)/group);

    (shared ? input->layers[site.il].shared_units : input->layers[site.il].mlp_units) += n_units;

    sol_mlp_op * op = input->add_op({
        /*.state     =*/ state,
        /*.mlp_class =*/ shared ? sol_mlp_class::SHARED : sol_mlp_class::DENSE,
        /*.norms     =*/ norms,
        /*.group     =*/ group,
        /*.type_op   =*/ site.type_op,
        /*.recompute =*/ gated,
    });

    ggml_tensor * args[] = { rows.knobs, rows.index, site.pre };

    h = ggml_custom_inplace(graph.ctx0, h, args, gated ? 3 : 2, sol_op_prune_mlp, GGML_N_TASKS_MAX, op);
    graph.cb(h, "sol_mlp_keep", site.il);

    return h;
}

ggml_tensor * sol_round_mlp(const llm_graph_context & graph, ggml_tensor * output, int il) {
    sol_graph_input * input = graph_input(graph);

    if (!input || !is_layer(*input, il) || output->type != GGML_TYPE_F32 || ggml_nrows(output) == 0) {
        return output;
    }

    const auto rows = input->rows_of(output);
    if (!rows.knobs) {
        return output;
    }

    input->layers[il].act_bits = true;

    ggml_tensor * args[] = { rows.knobs };

    output = ggml_custom_inplace(graph.ctx0, output, args, 1, sol_op_round, GGML_N_TASKS_MAX, nullptr);
    graph.cb(output, "sol_act_bits", il);

    return output;
}

void sol_note_attn(const llm_graph_context & graph, const ggml_tensor * kq_mask, int il) {
    sol_graph_input * input = graph_input(graph);

    if (!input || !is_layer(*input, il)) {
        return;
    }

    const bool sliding = graph.hparams.is_swa(il);

    auto & users = input->masks[kq_mask];
    ++(sliding ? users.sliding : users.full);

    input->layers[il].attn = sliding ? SOL_ATTN_SLIDING : SOL_ATTN_FULL;
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
