// The attention knob's hooks in upstream's graph.

#include "sol-graph.h"

#include "llama-model.h"

#include <cstring>

static void note_layer(sol_graph_input & input, sol_graph_input::mask_use & use, bool sliding, int64_t n_head, int il) {
    (sliding ? use.heads_sliding : use.heads_full) += n_head;

    input.layers[il].attn = sliding ? SOL_ATTN_SLIDING : SOL_ATTN_FULL;
}

void sol_note_attn(const llm_graph_context & graph, const ggml_tensor * kq_mask, int il) {
    sol_graph_input * input = sol_input_of(graph);

    if (!input || !input->is_layer(il)) {
        return;
    }

    auto & use = input->masks[kq_mask];
    use.first_layer = use.first_layer < 0 ? il : use.first_layer;

    // with pages the layer is reached only if the mask gets to sol_attend
    if (graph.cparams.sol->params.attn_criterion == SOL_ATTN_RECENCY) {
        note_layer(*input, use, graph.hparams.is_swa(il), graph.hparams.n_head(il), il);
    }
}

// Whether sol_op_attend can read what the op reads.
static bool is_readable(const ggml_tensor * q, const ggml_tensor * k, const ggml_tensor * v) {
    const auto has_rows = [](const ggml_tensor * t) {
        return t->nb[0] == ggml_type_size(t->type) && (t->type == GGML_TYPE_F32 || ggml_get_type_traits(t->type)->to_float);
    };

    return q->type == GGML_TYPE_F32 && has_rows(q) && has_rows(k) && has_rows(v) && k->ne[2] == v->ne[2] && k->ne[3] == 1 && q->ne[3] == 1;
}

ggml_tensor * sol_attend(const llm_graph_context & graph, ggml_tensor * flash, int il) {
    sol_graph_input * input = sol_input_of(graph);

    if (!input || !input->is_layer(il)) {
        return flash;
    }

    sol_state * state = graph.cparams.sol;

    using attending = sol_graph_input::attending;

    const bool      pages   = state->params.attn_criterion != SOL_ATTN_RECENCY;
    const attending attends = input->attends();

    if (!pages && attends == attending::NONE && !input->may_skip()) {
        return flash;
    }

    ggml_tensor * q     = flash->src[0];
    ggml_tensor * k     = flash->src[1];
    ggml_tensor * v     = flash->src[2];
    ggml_tensor * mask  = flash->src[3];
    ggml_tensor * sinks = flash->src[4];

    const auto it = input->masks.find(mask);
    if (it == input->masks.end() || q->ne[1] != graph.n_tokens || !is_readable(q, k, v)) {
        return flash;
    }

    input->layers[il].attn_skips = input->may_skip();

    if (!pages && attends == attending::NONE) {
        return flash; // a large batch
    }

    sol_graph_input::mask_use & use     = it->second;
    const bool                  sliding = graph.hparams.is_swa(il);

    if (pages) {
        note_layer(*input, use, sliding, q->ne[2], il);
    }
    use.plan->layers.push_back({ il, sol_summary_size(state->params, k, v), sol_chooser_count(state->params, q->ne[2], k->ne[2]), q->ne[2], v->ne[0] });

    float params[3]; // as ggml_flash_attn_ext sets them
    memcpy(params, flash->op_params, sizeof(params));

    sol_attn_op * op = input->keep({
        /*.state    =*/ state,
        /*.plan     =*/ use.plan.get(),
        /*.il       =*/ il,
        /*.sliding  =*/ sliding,
        /*.scale    =*/ params[2] != 0.0f ? params[0]/params[2] : params[0],
        /*.max_bias =*/ params[1],
        /*.softcap  =*/ params[2],
    });

    ggml_tensor * args[] = { mask, q, k, v, nullptr, nullptr }; // the mask is filled, and with it the plan, only if an op has it
    int n_args = 4;

    const auto add_step = [&](ggml_custom_op_t fun, const char * name) {
        ggml_tensor * step = ggml_custom_4d(graph.ctx0, GGML_TYPE_F32, 1, 1, 1, 1, args, n_args, fun, GGML_N_TASKS_MAX, op);
        graph.cb(step, name, il);

        args[4] = step;
        n_args  = 5;
    };

    if (pages) {
        add_step(sol_op_summarize, "sol_summaries");
        add_step(sol_op_choose,    "sol_pages");
    } else {
        args[4] = q; // nothing to wait for
        n_args  = 5;
    }

    if (sinks) {
        args[n_args++] = sinks;
    }

    // without the dense result, `flash` is in no graph and is not computed
    ggml_tensor * res = attends == attending::ALL
        ? ggml_custom_4d(graph.ctx0, GGML_TYPE_F32, flash->ne[0], flash->ne[1], flash->ne[2], flash->ne[3], args, n_args, sol_op_attend, GGML_N_TASKS_MAX, op)
        : ggml_custom_inplace(graph.ctx0, flash, args + 1, n_args - 1, sol_op_attend, GGML_N_TASKS_MAX, op);
    graph.cb(res, "sol_attn", il);

    return res;
}
