#include "sol-score.h"

#include "sol-simd.h"

#include "llama-graph.h"

#include <algorithm>
#include <cmath>

static float activate(llm_ffn_op_type type_op, float situ_beta, float x) {
    switch (type_op) {
        case LLM_FFN_GELU:
        case LLM_FFN_GEGLU:
            return 0.5f*x*(1.0f + std::tanh(0.79788456080286535588f*x*(1.0f + 0.044715f*x*x)));
        case LLM_FFN_RELU:
        case LLM_FFN_REGLU:
            return x > 0.0f ? x : 0.0f;
        case LLM_FFN_RELU_SQR:
            return x > 0.0f ? x*x : 0.0f;
        case LLM_FFN_SWIGLU_OAI_MOE: {
            const float limited = std::fmin(x, 7.0f);
            return limited/(1.0f + std::exp(-1.702f*limited));
        }
        case LLM_FFN_SITU:
            return situ_beta*std::tanh(x/situ_beta)/(1.0f + std::exp(-x));
        default:
            return x/(1.0f + std::exp(-x));
    }
}

void sol_activate(llm_ffn_op_type type_op, float situ_beta, const float * gate, int64_t n, float * act) {
    using f32x8 = sol_f32x8;

    int64_t i = 0;

    if (type_op == LLM_FFN_SILU || type_op == LLM_FFN_SWIGLU) {
        const f32x8 zero = f32x8::all(0.0f);
        const f32x8 one  = f32x8::all(1.0f);

        for (; i + 8 <= n; i += 8) {
            // x·σ(x) with exponents below 0: e^min(x,0)/(1 + e^−|x|)
            const f32x8 x    = f32x8::load(gate + i);
            const f32x8 down = min(x, zero - x);

            (x*f32x8::exp(min(x, zero))/(one + f32x8::exp(down))).store(act + i);
        }
    }

    for (; i < n; ++i) {
        act[i] = activate(type_op, situ_beta, gate[i]);
    }
}

void sol_score_units(const float * act, const float * norms, int64_t n_ff, int64_t group, int64_t u0, int64_t u1, float * scores) {
    for (int64_t u = u0; u < u1; ++u) {
        const int64_t end = std::min(n_ff, (u + 1)*group);

        float sum = 0.0f;
        for (int64_t j = u*group; j < end; ++j) {
            const float s = act[j]*norms[j];
            sum += s*s;
        }
        scores[u] = std::isnan(sum) ? 0.0f : sum;
    }
}
