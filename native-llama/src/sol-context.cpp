// Contexts: creation and reports.

#include "sol-context.h"

#include "sol-error.h"
#include "sol-graph.h"
#include "sol-model.h"

#include "llama-context.h"
#include "llama-model.h"

#include <algorithm>
#include <thread>

#ifdef __unix__
#include <unistd.h>
#endif

//
// llama_context, extended
//

void llama_context::sol_attach(sol_state * state) {
    cparams.sol = state;
    balloc->sol = state;

    sol_set_hooks(true);
    sched_need_reserve = true;
    sched_reserve();

    // the reserved graph has every hook that a graph of this model can have
    if (state->graph) {
        state->layers = state->graph->layers;
    } else {
        state->layers.resize(model.hparams.n_layer());
    }
}

void llama_context::sol_set_hooks(bool enabled) {
    cparams.sol_hooks = enabled;
}

//
// creation
//

sol_context_params sol_context_default_params(void) {
    const int32_t n_threads = (int32_t) std::max(1u, std::thread::hardware_concurrency());

    return {
        /*.n_ctx           =*/ 0,
        /*.n_batch         =*/ 2048,
        /*.n_ubatch        =*/ 512,
        /*.n_seq_max       =*/ 1,
        /*.n_threads       =*/ n_threads,
        /*.n_threads_batch =*/ n_threads,
        /*.flash_attn      =*/ true,
        /*.kv_type         =*/ SOL_KV_F16,
        /*.attn_criterion  =*/ SOL_ATTN_RECENCY,
        /*.attn_sinks      =*/ 4,
        /*.attn_window     =*/ 2,
        /*.attn_page       =*/ 16,
        /*.attn_choice     =*/ SOL_ATTN_PER_KV_HEAD,
        /*.attn_dropped    =*/ SOL_ATTN_DROPPED_NONE,
        /*.mlp_criterion   =*/ SOL_MLP_NEURON,
        /*.mlp_group       =*/ 8,
        /*.mlp_gate        =*/ SOL_GATE_EXACT,
        /*.bits_site       =*/ SOL_BITS_OUTPUT,
        /*.execution       =*/ SOL_EXECUTION_REFERENCE,
        /*.skip_mlp        =*/ true,
        /*.record_mlp      =*/ false,
    };
}

static void require_known(const char * name, int32_t value, int32_t last) {
    sol_require(value >= 0 && value <= last, std::string(name) + " " + std::to_string(value) + " is unknown");
}

static void check_params(const sol_context_params & p) {
    sol_require_range("n_batch",         p.n_batch,         1, 1 << 20);
    sol_require_range("n_ubatch",        p.n_ubatch,        1, p.n_batch);
    sol_require_range("n_seq_max",       p.n_seq_max,       1, LLAMA_MAX_SEQ);
    sol_require_range("n_threads",       p.n_threads,       1, GGML_MAX_N_THREADS);
    sol_require_range("n_threads_batch", p.n_threads_batch, 1, GGML_MAX_N_THREADS);
    sol_require_range("attn_sinks",      p.attn_sinks,      0, 1 << 20);
    sol_require_range("attn_window",     p.attn_window,     0, 1 << 20);

    sol_require_range("attn_page",       p.attn_page,       1, 1024);

    require_known("attn_criterion", p.attn_criterion, SOL_ATTN_MEAN);
    require_known("attn_choice",    p.attn_choice,    SOL_ATTN_SHARED);
    require_known("attn_dropped",   p.attn_dropped,   SOL_ATTN_DROPPED_TAIL);
    require_known("mlp_criterion",  p.mlp_criterion,  SOL_MLP_CHANNEL);
    require_known("execution",      p.execution,      SOL_EXECUTION_SKIP);
    require_known("bits_site",      p.bits_site,      SOL_BITS_INPUT);
    require_known("mlp_gate",       p.mlp_gate,       SOL_GATE_PREDICTED);
    require_known("kv_type",        p.kv_type,        SOL_KV_Q8_0);

    const bool pages = p.attn_criterion != SOL_ATTN_RECENCY;
    sol_require(!pages || p.flash_attn, "attn_criterion: quest and mean need flash_attn");
    sol_require(pages || p.attn_dropped != SOL_ATTN_DROPPED_TAIL, "attn_dropped: a tail stands in for pages, so it needs the criterion quest or mean");

    sol_require(p.kv_type == SOL_KV_F16 || p.flash_attn, "kv_type: keys and values of Q8_0 need flash_attn");

    sol_require(p.mlp_group == 1 || p.mlp_group == 8 || p.mlp_group == 32,
            "mlp_group is " + std::to_string(p.mlp_group) + ", must be 1, 8 or 32");
}

// A KV cache beyond the machine's memory may be granted and then kill the process: refuse it here.
static void check_kv_memory(const llama_model & model, uint64_t n_ctx) {
#ifdef __unix__
    uint64_t row = 0;
    for (uint32_t il = 0; il < model.hparams.n_layer(); ++il) {
        row += 2ull*(model.hparams.n_embd_k_gqa(il) + model.hparams.n_embd_v_gqa(il)); // F16
    }

    const uint64_t memory = (uint64_t) sysconf(_SC_PHYS_PAGES)*(uint64_t) sysconf(_SC_PAGE_SIZE);

    if (row > 0 && n_ctx > memory/row) {
        throw sol_error(SOL_OUT_OF_MEMORY, "a KV cache of " + std::to_string(n_ctx) + " tokens takes "
                + std::to_string(n_ctx*row >> 20) + " MiB, the machine has " + std::to_string(memory >> 20) + " MiB: lower n_ctx");
    }
#else
    (void) model;
    (void) n_ctx;
#endif
}

std::unique_ptr<sol_context> sol_context_make(sol_model & model, const sol_context_params & params,
        ggml_backend_sched_eval_callback eval, void * eval_data) {
    llama_model * lmodel = model.llama.get();

    check_params(params);

    sol_require(!lmodel->hparams.vocab_only, "the model was loaded with vocab_only: it has no weights");
    sol_require(!llama_model_has_encoder(lmodel), "encoder models are not supported: they do not generate token by token");

    sol_require(params.mlp_gate == SOL_GATE_EXACT || model.predictor, "mlp_gate: the model was loaded without a predictor");
    for (uint32_t il = 0; il < lmodel->hparams.n_layer() && params.kv_type == SOL_KV_Q8_0; ++il) {
        sol_require(lmodel->hparams.n_embd_head_k(il) % 32 == 0 && lmodel->hparams.n_embd_head_v(il) % 32 == 0,
                "kv_type: Q8_0 needs heads of a multiple of 32; those of layer " + std::to_string(il) + " have "
                + std::to_string(lmodel->hparams.n_embd_head_k(il)) + " and " + std::to_string(lmodel->hparams.n_embd_head_v(il)));
    }

    const uint32_t n_ctx = params.n_ctx ? params.n_ctx : (uint32_t) llama_model_n_ctx_train(lmodel);
    check_kv_memory(*lmodel, n_ctx);

    auto res = std::make_unique<sol_context>();

    res->model     = &model;
    res->n_seq_max = (int32_t) params.n_seq_max;
    res->n_vocab   = llama_vocab_n_tokens(llama_model_get_vocab(lmodel));

    res->state = std::make_unique<sol_state>();
    res->state->params     = params;
    res->state->norms      = &model.norms;
    res->state->slabs      = &model.slabs;
    res->state->predictor  = params.mlp_gate == SOL_GATE_PREDICTED ? model.predictor.get() : nullptr;
    res->state->n_embd_out = llama_model_n_embd_out(lmodel);

    llama_context_params lparams = llama_context_default_params();
    lparams.n_ctx           = n_ctx;
    lparams.n_batch         = params.n_batch;
    lparams.n_ubatch        = params.n_ubatch;
    lparams.n_seq_max       = params.n_seq_max;
    lparams.n_threads       = params.n_threads;
    lparams.n_threads_batch = params.n_threads_batch;
    lparams.pooling_type    = LLAMA_POOLING_TYPE_NONE;
    lparams.flash_attn_type = params.flash_attn ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    lparams.type_k          = params.kv_type == SOL_KV_Q8_0 ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
    lparams.type_v          = lparams.type_k;
    lparams.kv_unified      = true; // sequences that share a prefix share its cells
    lparams.no_perf         = true;
    lparams.cb_eval           = eval;
    lparams.cb_eval_user_data = eval_data;
    lparams.abort_callback      = [](void * data) { return ((sol_state *) data)->cancelled.load(std::memory_order_relaxed); };
    lparams.abort_callback_data = res->state.get();

    res->llama.reset(llama_init_from_model(lmodel, lparams));
    if (!res->llama) {
        throw sol_error(SOL_INTERNAL, "cannot create a context: " + sol_logged_errors());
    }
    sol_require(llama_get_memory(res->llama.get()) != nullptr, "the model has no KV cache: it does not generate token by token");

    res->n_batch = (int32_t) llama_n_batch(res->llama.get()); // at most n_ctx

    res->llama->sol_attach(res->state.get());

    return res;
}

sol_status sol_context_create(sol_model * model, const sol_context_params * params, sol_context ** context) {
    return sol_guarded([&] {
        sol_require(model && params && context, "sol_context_create: model, params and context must not be NULL");

        *context = nullptr;
        *context = sol_context_make(*model, *params, nullptr, nullptr).release();
    });
}

void sol_context_free(sol_context * context) {
    sol_guarded([&] { delete context; });
}

//
// reports
//

llama_context * sol_context_llama(sol_context * context) {
    return context->llama.get();
}

uint32_t sol_context_n_ctx(const sol_context * context) {
    return llama_n_ctx(context->llama.get());
}

sol_status sol_context_layer_info(const sol_context * context, int32_t layer, sol_layer_info * info) {
    return sol_guarded([&] {
        sol_require(context && info, "sol_context_layer_info: context and info must not be NULL");

        const auto & layers = context->state->layers;
        sol_require(layer >= 0 && layer < (int32_t) layers.size(), "layer " + std::to_string(layer) + " of a model with "
                + std::to_string(layers.size()) + " layers");

        *info = layers[layer];
    });
}

sol_status sol_get_mlp_record(const sol_context * context, int32_t layer, sol_mlp_record * record) {
    return sol_guarded([&] {
        sol_require(context && record, "sol_get_mlp_record: context and record must not be NULL");
        sol_require(context->state->params.record_mlp, "sol_get_mlp_record: the context was made without record_mlp");

        const auto it = context->state->mlp_records.find(layer);
        sol_require(it != context->state->mlp_records.end(), "layer " + std::to_string(layer)
                + " has no record: it has no gated MLP, or nothing was decoded with knobs");

        const auto & r = it->second;
        sol_require(r.n_tokens == (int64_t) context->output.size(), "layer " + std::to_string(layer) + " recorded " + std::to_string(r.n_tokens)
                + " of " + std::to_string(context->output.size()) + " tokens: all must be outputs, and recurrent models take one sequence at a time");
        *record = { r.n_tokens, r.n_embd, r.n_ff, r.input.data(), r.gate.data(), r.norms };
    });
}
