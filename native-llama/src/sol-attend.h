// Attention over chosen positions, for ggml_custom: F32, reading the KV cache as it is and only where it is attended.
//
// A layer takes three ops, since each needs all of the one before: summaries of pages that have none, the choice of pages, attention.

#pragma once

#include "sol-pages.h"

struct ggml_tensor;
struct sol_state;

// One layer.
struct sol_attn_op {
    sol_state *     state;
    sol_attn_plan * plan;
    int             il;
    bool            sliding;
    float           scale;
    float           max_bias; // of ALiBi; 0 = none
    float           softcap;  // 0 = none
};

// Floats of a page's summary: for each KV head the least and the greatest key (quest) or the mean key; with a tail also the mean
// key and value.
size_t sol_summary_size(const sol_context_params & params, const ggml_tensor * k, const ggml_tensor * v);

// How many sets of pages a layer chooses for a token.
int64_t sol_chooser_count(const sol_context_params & params, int64_t n_head, int64_t n_head_kv);

// All ops: src[1]: q F32 [n_embd_head_k, n_tokens, n_head]; src[2]: k [n_embd_head_k, n_kv, n_head_kv]; src[3]: v [n_embd_head_v, n_kv,
// n_head_kv], as GGML_OP_FLASH_ATTN_EXT has them; src[4]: the op before, from the second on. userdata: sol_attn_op.

// dst: one element, for the next op to wait for.
void sol_op_summarize(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst: one element.
void sol_op_choose(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst: F32 [n_embd_head_v, n_head, n_tokens], of which only the rows of the plan's tokens are written; src[5]: the model's
// attention sinks F32 [n_head], or none.
void sol_op_attend(ggml_tensor * dst, int ith, int nth, void * userdata);
