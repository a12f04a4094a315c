// The context behind sol.h's opaque handle.

#pragma once

#include "sol-state.h"

#include "llama-cpp.h"

#include <memory>

struct sol_model;

struct sol_context {
    sol_model *                model;
    std::unique_ptr<sol_state> state;  // outlives `llama`, whose graphs point into it
    llama_context_ptr          llama;

    int32_t n_batch   = 0;
    int32_t n_seq_max = 0;
    int32_t n_vocab   = 0;

    // of the last sol_decode; an empty batch before the first and after a failed one
    std::vector<int8_t> output;
};

// sol_context_create, observed: `eval` sees the tensors of every graph (ggml_backend_sched_eval_callback). For tests.
std::unique_ptr<sol_context> sol_context_make(sol_model & model, const sol_context_params & params,
        ggml_backend_sched_eval_callback eval, void * eval_data);

// The logits of token `i` of the last sol_decode, which make a distribution: some are finite, the others −∞. Otherwise throws.
const float * sol_usable_logits(sol_context * context, int32_t i);
