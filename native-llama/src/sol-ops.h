// The ops behind the MLP knobs, for ggml_custom_inplace. Plain F32; rows are shared out over the threads.

#pragma once

struct ggml_tensor;

// dst = src[0]: h F32 [n_ff, n]; src[1]: knobs F32 [2, n]; src[2]: index I32 [n]; src[3]: gate before its activation F32
// [≥ n_ff, n], only when op.recompute. userdata: sol_mlp_op.
void sol_op_prune_mlp(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst = src[0]: output F32 [n_embd, n]; src[1]: knobs F32 [2, n].
void sol_op_round(ggml_tensor * dst, int ith, int nth, void * userdata);
