// How neurons are scored: the one definition, for masking and for skipping.

#pragma once

#include <cstdint>

enum llm_ffn_op_type : int;

// act[i] = act(gate[i]), the factor by which a gated MLP multiplies neuron i. GELU by its tanh form, as ggml has it; clamps that some
// architectures add change no order of scores below their limit and are left out. situ_beta: of LLM_FFN_SITU.
void sol_activate(llm_ffn_op_type type_op, float situ_beta, const float * gate, int64_t n, float * act);

// scores[u] = Σ (act[j]·norms[j])² over the neurons j of unit u: the square of the L2 norm, which has the same order. n_ff neurons in
// units of `group`, from unit u0 to u1-1.
void sol_score_units(const float * act, const float * norms, int64_t n_ff, int64_t group, int64_t u0, int64_t u1, float * scores);
