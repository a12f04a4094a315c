// An MLP that reads the weights of its chosen units only, for ggml_custom: the gate is computed by upstream, then the units are scored and
// chosen, then their rows of `up` and their part of `down` are multiplied. Units that are not chosen are not read.

#pragma once

#include "sol-ops.h"

#include <vector>

struct ggml_tensor;

class sol_down;

// What the ops of a layer tell each other. Layers run one after the other and share it.
struct sol_mlp_scratch {
    std::vector<float>   act;    // [n_tokens][n_ff]
    std::vector<float>   scores; // [n_tokens][n_units]
    std::vector<uint8_t> units;  // [n_tokens][n_units] 1 = kept
    std::vector<uint8_t> blocks; // [n_tokens][n_ff/8]  1 = has a neuron that is kept
    std::vector<int32_t> kept;   // the blocks that any token keeps, in order
    bool                 all = false; // whether all tokens keep all units

    std::vector<uint32_t> keys; // of sol_select_top

    void reserve(int64_t n_tokens, int64_t n_ff, int64_t n_units);
};

struct sol_skip_op {
    sol_mlp_op         mlp;
    sol_mlp_scratch *  scratch;
    const ggml_tensor * gate; // weights [n_embd, n_ff], when the scores are predicted; otherwise null
    const ggml_tensor * up;   // weights [n_embd, n_ff]
    const ggml_tensor * down; // weights [n_ff, n_out]
    const sol_down *   slabs;
    const sol_down *   predictor; // from the predictor's narrow product to gates; null when gates come as they are
    int64_t            n_ff;
};

// Whether rows of this matrix can be multiplied one group of 8 at a time.
bool sol_has_rows(const ggml_tensor * w);

// All ops: src[0]: knobs F32 [2, n]; src[1]: index I32 [n]; src[2]: the op before, from the second on. userdata: sol_skip_op.

// src[2]: gate before its activation F32 [n_ff, n], or with a predictor [rank, n]. dst: one element.
void sol_op_score(ggml_tensor * dst, int ith, int nth, void * userdata);

// dst: one element.
void sol_op_select(ggml_tensor * dst, int ith, int nth, void * userdata);

// src[3]: MLP input F32 [n_embd, n]. dst: h F32 [n_ff, n], 0 outside of the chosen units.
void sol_op_up(ggml_tensor * dst, int ith, int nth, void * userdata);

// src[2]: h. dst: output F32 [n_out, n].
void sol_op_down(ggml_tensor * dst, int ith, int nth, void * userdata);
