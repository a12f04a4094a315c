// The MLP knobs' hooks in upstream's graph.

#include "sol-choice.h"
#include "sol-down.h"
#include "sol-graph.h"
#include "sol-norms.h"
#include "sol-predictor.h"

#include "llama-model.h"

#include <cstring>

// Which counters an MLP goes by, from the name of its weights.
static sol_choice_kind kind_of(const ggml_tensor * weights) {
    if (strstr(weights->name, "shexp")) {
        return sol_choice_kind::SHARED_UNITS;
    }
    return strstr(weights->name, "exps") ? sol_choice_kind::ROUTED_UNITS : sol_choice_kind::DENSE_UNITS;
}

static void count_units(sol_layer_info & layer, sol_choice_kind kind, int64_t n) {
    int32_t & units =
        kind == sol_choice_kind::SHARED_UNITS ? layer.shared_units :
        kind == sol_choice_kind::ROUTED_UNITS ? layer.routed_units : layer.mlp_units;

    units += (int32_t) n;
}

static bool has_values(const ggml_tensor * t) {
    return t->type == GGML_TYPE_F32 && ggml_nrows(t) > 0;
}

//
// the input
//

ggml_tensor * sol_mlp_input(const llm_graph_context & graph, ggml_tensor * x, const ggml_tensor * up, int il) {
    sol_graph_input * input = sol_input_of(graph);

    if (!input || !input->is_layer(il) || !up || !has_values(x)) {
        return x;
    }

    sol_state * state = graph.cparams.sol;

    const bool prune = state->params.mlp_criterion == SOL_MLP_CHANNEL;
    const bool round = state->params.bits_site     == SOL_BITS_INPUT;

    const auto rows = input->rows_of(ggml_nrows(x));
    if (!rows.knobs || (!prune && !round)) {
        return x;
    }

    sol_mlp_op op {};
    op.state = state;
    op.kind  = kind_of(up);
    op.il    = il;
    op.prune = prune;
    op.round = round;

    if (prune) {
        count_units(input->layers[il], op.kind, x->ne[0]);
    }
    input->layers[il].act_bits |= round;

    // not in place: attention or a router may read x, too
    ggml_tensor * args[] = { x, rows.knobs, rows.index };
    ggml_tensor * res = ggml_custom_4d(graph.ctx0, GGML_TYPE_F32, x->ne[0], x->ne[1], x->ne[2], x->ne[3], args, 3,
            sol_op_mlp_input, GGML_N_TASKS_MAX, input->keep(op));
    graph.cb(res, "sol_mlp_input", il);

    return res;
}

//
// the neurons
//

// GLU ops without a gate matrix of their own: `up` holds the gate's rows and then its own.
static bool is_fused_gate(llm_ffn_op_type type_op) {
    return type_op == LLM_FFN_SWIGLU || type_op == LLM_FFN_GEGLU || type_op == LLM_FFN_REGLU;
}

// Null where the scores take the gate itself.
static const sol_predictor::layer * predictor_of(const llm_graph_context & graph, const sol_mlp_site & site) {
    const sol_predictor * predictor = graph.cparams.sol->predictor;
    const auto *          layer     = predictor && kind_of(site.down) == sol_choice_kind::DENSE_UNITS ? predictor->get(site.il) : nullptr;

    return layer && layer->in->ne[0] == site.x->ne[0] && layer->out->ne[1] == site.pre->ne[0] ? layer : nullptr;
}

static ggml_tensor * narrow_input(const llm_graph_context & graph, const sol_mlp_site & site) {
    ggml_tensor * res = ggml_mul_mat(graph.ctx0, predictor_of(graph, site)->in, site.x);
    graph.cb(res, "sol_gate_in", site.il);

    return res;
}

// What the scores take for the gate before its activation.
static ggml_tensor * scored_gate(const llm_graph_context & graph, const sol_mlp_site & site) {
    const auto * layer = predictor_of(graph, site);
    if (!layer) {
        return site.pre;
    }

    ggml_tensor * res = ggml_mul_mat(graph.ctx0, layer->out, narrow_input(graph, site));
    graph.cb(res, "sol_gate", site.il);

    return res;
}

static void record_mlp(const llm_graph_context & graph, const sol_mlp_site & site, const sol_mlp_op & op) {
    ggml_tensor * args[] = { site.x, site.pre };
    ggml_tensor * res = ggml_custom_4d(graph.ctx0, GGML_TYPE_F32, 1, 1, 1, 1, args, 2, sol_op_record_mlp, GGML_N_TASKS_MAX, sol_input_of(graph)->keep(op));
    graph.cb(res, "sol_mlp_record", site.il);

    ggml_build_forward_expand(graph.gf, res);
}

// h[n_ff, n_experts_used or 1, n_tokens]
static ggml_tensor * prune_neurons(const llm_graph_context & graph, const sol_mlp_site & site, ggml_tensor * h,
        ggml_tensor * selected, int64_t n_tokens) {
    sol_graph_input * input = sol_input_of(graph);

    if (!input || !input->is_layer(site.il) || graph.cparams.sol->params.mlp_criterion != SOL_MLP_NEURON || !site.down || !has_values(h)) {
        return h;
    }

    const auto rows = input->rows_of(n_tokens);
    if (!rows.knobs) {
        return h;
    }

    sol_state * state = graph.cparams.sol;

    const bool    fused = is_fused_gate(site.type_op);
    const bool    gated = site.gated || fused;
    const int64_t n_ff  = h->ne[0];

    if (gated && site.pre->type != GGML_TYPE_F32) {
        return h;
    }

    const float * norms = state->norms->get(gated ? site.up : nullptr, fused ? n_ff : site.up_first, site.down, n_ff);
    if (!norms) {
        return h;
    }

    sol_mlp_op op {};
    op.state     = state;
    op.kind      = selected ? sol_choice_kind::ROUTED_UNITS : kind_of(site.down);
    op.il        = site.il;
    op.prune     = true;
    op.norms     = norms;
    op.group     = state->params.mlp_group;
    op.type_op   = site.type_op;
    op.situ_beta = graph.hparams.situ_beta;
    op.gated     = gated;

    // without experts, whose inputs are not those of the MLP
    const bool parallel = site.gated && !selected && site.x && ggml_nrows(site.x) == n_tokens && site.pre->ne[0] == n_ff;

    if (state->params.record_mlp && parallel) {
        record_mlp(graph, site, op);
    }

    count_units(input->layers[site.il], op.kind, (n_ff + op.group - 1)/op.group*(selected ? h->ne[1] : 1));

    ggml_tensor * args[4] = { rows.knobs, rows.index };
    int n_args = 2;
    if (selected) {
        args[n_args++] = selected;
    }
    if (gated) {
        args[n_args++] = parallel ? scored_gate(graph, site) : site.pre;
    }

    h = ggml_custom_inplace(graph.ctx0, h, args, n_args, selected ? sol_op_prune_experts : sol_op_prune_mlp, GGML_N_TASKS_MAX, input->keep(op));
    graph.cb(h, "sol_mlp_keep", site.il);

    return h;
}

ggml_tensor * sol_prune_mlp(const llm_graph_context & graph, const sol_mlp_site & site, ggml_tensor * h) {
    return prune_neurons(graph, site, h, nullptr, ggml_nrows(h));
}

ggml_tensor * sol_prune_experts(const llm_graph_context & graph, const sol_mlp_site & site, ggml_tensor * h, ggml_tensor * selected) {
    return prune_neurons(graph, site, h, selected, h->ne[2]);
}

ggml_tensor * sol_skip_mlp(const llm_graph_context & graph, const sol_mlp_site & site) {
    sol_graph_input * input = sol_input_of(graph);

    if (!input || !input->is_layer(site.il) || !input->may_skip() || !graph.cparams.sol->params.skip_mlp || graph.cparams.sol->params.mlp_criterion != SOL_MLP_NEURON) {
        return nullptr;
    }

    sol_state * state = graph.cparams.sol;

    const bool known = site.type_op == LLM_FFN_SILU || site.type_op == LLM_FFN_GELU || site.type_op == LLM_FFN_RELU;

    if (!known || !site.gated || !site.plain || !site.up || !site.down || !graph.loras->empty() || !has_values(site.x) || !has_values(site.pre)) {
        return nullptr;
    }

    const int64_t n_ff = site.down->ne[0];
    const auto    rows = input->rows_of(ggml_nrows(site.x));

    if (!rows.knobs || site.pre->ne[0] != n_ff || site.up->ne[1] != n_ff || site.x->ne[2] != 1 || !sol_has_rows(site.up) || !sol_has_rows(site.down)) {
        return nullptr;
    }

    // rows of the gate are read like those of `up` when something else chooses
    const auto * predictor = predictor_of(graph, site);
    if (predictor && (!site.gate || !sol_has_rows(site.gate))) {
        return nullptr;
    }

    const float *    norms = state->norms->get(site.up, 0, site.down, n_ff);
    const sol_down * slabs = state->slabs->get(site.down);
    if (!norms || !slabs) {
        return nullptr;
    }

    input->layers[site.il].mlp_skips = true;

    if (!input->is_skip_mlp()) {
        return nullptr; // a large batch
    }

    sol_skip_op op {};
    op.mlp.state   = state;
    op.mlp.kind    = kind_of(site.down);
    op.mlp.il      = site.il;
    op.mlp.prune   = true;
    op.mlp.norms   = norms;
    op.mlp.group   = state->params.mlp_group;
    op.mlp.type_op = site.type_op;
    op.mlp.gated   = true;
    op.scratch     = &input->mlp_scratch;
    op.gate        = predictor ? site.gate : nullptr;
    op.predictor   = predictor ? predictor->columns.get() : nullptr;
    op.up          = site.up;
    op.down        = site.down;
    op.slabs       = slabs;
    op.n_ff        = n_ff;

    const int64_t n       = ggml_nrows(site.x);
    const int64_t n_units = (n_ff + op.mlp.group - 1)/op.mlp.group;

    input->mlp_scratch.reserve(n, n_ff, n_units);
    count_units(input->layers[site.il], op.mlp.kind, n_units);

    if (state->params.record_mlp) {
        record_mlp(graph, site, op.mlp);
    }

    sol_skip_op * kept = input->keep(op);

    ggml_tensor * previous = op.predictor ? narrow_input(graph, site) : scored_gate(graph, site);

    const auto add_step = [&](ggml_custom_op_t fun, const char * name, int64_t ne0, int64_t ne1, ggml_tensor * extra) {
        ggml_tensor * args[] = { rows.knobs, rows.index, previous, extra };
        previous = ggml_custom_4d(graph.ctx0, GGML_TYPE_F32, ne0, ne1, 1, 1, args, extra ? 4 : 3, fun, GGML_N_TASKS_MAX, kept);
        graph.cb(previous, name, site.il);
    };

    add_step(sol_op_score,  "sol_mlp_scores", 1,                1, nullptr);
    add_step(sol_op_select, "sol_mlp_units",  1,                1, nullptr);
    add_step(sol_op_up,     "sol_mlp_keep",   n_ff,             n, site.x);
    add_step(sol_op_down,   "sol_mlp_out",    site.down->ne[1], n, nullptr);

    return previous;
}

//
// the output
//

ggml_tensor * sol_round_mlp(const llm_graph_context & graph, ggml_tensor * output, int il) {
    sol_graph_input * input = sol_input_of(graph);

    if (!input || !input->is_layer(il) || graph.cparams.sol->params.bits_site != SOL_BITS_OUTPUT || !has_values(output)) {
        return output;
    }

    const auto rows = input->rows_of(ggml_nrows(output));
    if (!rows.knobs) {
        return output;
    }

    input->layers[il].act_bits = true;

    ggml_tensor * args[] = { rows.knobs };

    output = ggml_custom_inplace(graph.ctx0, output, args, 1, sol_op_round, GGML_N_TASKS_MAX, nullptr);
    graph.cb(output, "sol_act_bits", il);

    return output;
}
