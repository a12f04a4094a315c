// The ops behind the MLP knobs, for ggml_custom. Plain F32; tokens are shared out over the threads.

#pragma once

#include <cstdint>

struct ggml_tensor;
struct sol_state;

enum class sol_choice_kind;
enum llm_ffn_op_type : int;

// What an op of one MLP needs beside tensors.
struct sol_mlp_op {
    sol_state *     state;
    sol_choice_kind kind;
    int             il;
    bool            prune;
    bool            round;

    // of neurons
    const float *   norms;     // [n_ff] factor of each neuron's activation in its score; [n_ff, n_expert] for experts
    int64_t         group;     // neurons in a unit
    llm_ffn_op_type type_op;
    float           situ_beta;
    bool            gated;     // the score takes act(gate); otherwise |h| is the activation itself
};

// dst: new, of the shape of src[0]: MLP input F32 [n_embd, n]; src[1]: knobs F32 [2, n]; src[2]: index I32 [n]. userdata: sol_mlp_op.
void sol_op_mlp_input(ggml_tensor * dst, int ith, int nth, void * userdata);

// Keeps src[0]: MLP input F32 [n_embd, n] and src[1]: gate before its activation F32 [n_ff, n] for sol_get_mlp_record. dst: one element.
// userdata: sol_mlp_op.
void sol_op_record_mlp(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst = src[0]: h F32 [n_ff, n]; src[1]: knobs F32 [2, n]; src[2]: index I32 [n]; src[3]: gate before its activation F32
// [≥ n_ff, n], if gated. userdata: sol_mlp_op.
void sol_op_prune_mlp(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst = src[0]: h F32 [n_ff, n_used, n]; src[1]: knobs F32 [2, n]; src[2]: index I32 [n]; src[3]: experts I32 [n_used, n]; src[4]: gate
// before its activation F32 [≥ n_ff, n_used, n], if gated. userdata: sol_mlp_op.
void sol_op_prune_experts(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst = src[0]: output F32 [n_embd, n]; src[1]: knobs F32 [2, n].
void sol_op_round(ggml_tensor * dst, int ith, int nth, void * userdata);
