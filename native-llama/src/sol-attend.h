// Attention over chosen pages, for ggml_custom: the rows of the tokens that drop pages. Plain F32; reads the KV cache as it is.

#pragma once

#include "sol-pages.h"

struct ggml_tensor;

// One layer.
struct sol_attn_op {
    sol_state *     state;
    sol_page_plan * plan;
    int             il;
    bool            sliding;
    float           scale;
    float           max_bias; // of ALiBi; 0 = none
    float           softcap;  // 0 = none
};

// Floats of a page's summary in a layer with these k and v, as GGML_OP_FLASH_ATTN_EXT has them: for each KV head the least and
// the greatest key (quest) or the mean key; with a tail also the mean key and value.
size_t sol_summary_size(const sol_context_params & params, const ggml_tensor * k, const ggml_tensor * v);

// dst: a tensor of one element that only makes the next op wait; src[0]: k [n_embd_head_k, n_kv, n_head_kv]; src[1]: v
// [n_embd_head_v, n_kv, n_head_kv]. userdata: sol_attn_op.
void sol_op_summarize(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst = src[0]: dense attention F32 [n_embd_head_v, n_head, n_tokens]; src[1]: q F32 [n_embd_head_k, n_tokens, n_head]; src[2], src[3]: k
// and v; src[4]: sol_op_summarize; src[5]: the model's attention sinks F32 [n_head], or none. userdata: sol_attn_op.
void sol_op_attend(ggml_tensor * dst, int ith, int nth, void * userdata);
