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
        const f32x8 huge = f32x8::all(1e38f);

        for (; i + 8 <= n; i += 8) {
            // x·σ(x) with exponents below 0: x·(x < 0 ? e : 1)/(1 + e), e = e^−|x|
            const f32x8 x    = f32x8::load(gate + i);
            const f32x8 e    = f32x8::exp(min(x, zero - x));
            const f32x8 step = min(max(x*huge, zero), one); // where it is neither 0 nor 1, e is 1

            (x*max(e, step)/(one + e)).store(act + i);
        }
    }

    for (; i < n; ++i) {
        act[i] = activate(type_op, situ_beta, gate[i]);
    }
}

static float usable(float sum) {
    return std::isnan(sum) ? 0.0f : sum;
}

// Units of whole vectors: however many of them are computed together, each is added up in the same order.
static void score_whole_units(const float * act, const float * norms, int64_t group, int64_t u0, int64_t u1, float * scores) {
    using f32x8 = sol_f32x8;

    const auto squares = [&](int64_t u) {
        f32x8 sum = f32x8::all(0.0f);
        for (int64_t j = u*group; j < (u + 1)*group; j += f32x8::N) {
            const f32x8 s = f32x8::load(act + j)*f32x8::load(norms + j);
            sum = sum.plus_product(s, s);
        }
        return sum;
    };

    int64_t u = u0;
    for (; u + 4 <= u1; u += 4) {
        f32x8::sum4(squares(u), squares(u + 1), squares(u + 2), squares(u + 3), scores + u);
    }
    for (; u < u1; ++u) {
        scores[u] = squares(u).sum();
    }
    for (u = u0; u < u1; ++u) {
        scores[u] = usable(scores[u]);
    }
}

void sol_score_units(const float * act, const float * norms, int64_t n_ff, int64_t group, int64_t u0, int64_t u1, float * scores) {
    if (group == 1) {
        for (int64_t u = u0; u < u1; ++u) {
            const float s = act[u]*norms[u];
            scores[u] = usable(s*s);
        }
        return;
    }

    const int64_t whole = std::clamp(n_ff/group, u0, u1);
    score_whole_units(act, norms, group, u0, whole, scores);

    for (int64_t u = whole; u < u1; ++u) { // the last, if it has fewer neurons
        float sum = 0.0f;
        for (int64_t j = u*group; j < n_ff; ++j) {
            const float s = act[j]*norms[j];
            sum += s*s;
        }
        scores[u] = usable(sum);
    }
}
