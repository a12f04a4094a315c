#include "sol-ops.h"

#include "sol-graph.h"
#include "sol-select.h"

#include <cmath>

// Row r of a tensor whose last three dimensions count tokens.
static float * row(const ggml_tensor * t, int64_t r) {
    const int64_t i1 = r % t->ne[1];
    const int64_t i2 = r / t->ne[1] % t->ne[2];
    const int64_t i3 = r / t->ne[1] / t->ne[2];

    return (float *) ((char *) t->data + i1*t->nb[1] + i2*t->nb[2] + i3*t->nb[3]);
}

// |act(x)| of a gate. GELU by its tanh form, as ggml has it; clamps that some architectures add change no order of
// scores below their limit and are left out.
static float gate_magnitude(llm_ffn_op_type type_op, float x) {
    switch (type_op) {
        case LLM_FFN_GELU:
        case LLM_FFN_GEGLU:
            return std::fabs(0.5f*x*(1.0f + std::tanh(0.79788456080286535588f*x*(1.0f + 0.044715f*x*x))));
        case LLM_FFN_RELU:
        case LLM_FFN_REGLU:
            return x > 0.0f ? x : 0.0f;
        case LLM_FFN_RELU_SQR:
            return x > 0.0f ? x*x : 0.0f;
        case LLM_FFN_SWIGLU_OAI_MOE: {
            const float limited = std::fmin(x, 7.0f);
            return std::fabs(limited/(1.0f + std::exp(-1.702f*limited)));
        }
        default:
            return std::fabs(x/(1.0f + std::exp(-x)));
    }
}

static void score_units(const sol_mlp_op & op, const float * h, const float * gate, int64_t n_ff, std::vector<float> & scores) {
    const int64_t n_units = (int64_t) scores.size();

    for (int64_t u = 0; u < n_units; ++u) {
        const int64_t end = std::min(n_ff, (u + 1)*op.group);

        float sum = 0.0f; // of squares: the order is that of the L2 norm
        for (int64_t j = u*op.group; j < end; ++j) {
            const float s = (gate ? gate_magnitude(op.type_op, gate[j]) : std::fabs(h[j]))*op.norms[j];
            sum += s*s;
        }

        scores[u] = std::isnan(sum) ? 0.0f : sum;
    }
}

void sol_op_prune_mlp(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = *(const sol_mlp_op *) userdata;

    const int64_t n_ff    = dst->ne[0];
    const int64_t n_rows  = ggml_nrows(dst);
    const int64_t n_units = (n_ff + op.group - 1)/op.group;

    const float   * knobs = (const float   *) dst->src[1]->data;
    const int32_t * index = (const int32_t *) dst->src[2]->data;

    thread_local std::vector<float>   scores;
    thread_local std::vector<float>   scratch;
    thread_local std::vector<uint8_t> keep;

    for (int64_t r = ith; r < n_rows; r += nth) {
        const int64_t k = sol_keep_count(knobs[2*r], n_units);

        if (k < n_units) {
            float * h = row(dst, r);

            scores.resize(n_units);
            keep.resize(n_units);

            score_units(op, h, op.recompute ? row(dst->src[3], r) : nullptr, n_ff, scores);
            sol_select_top(scores.data(), n_units, k, keep.data(), scratch);

            for (int64_t u = 0; u < n_units; ++u) {
                if (!keep[u]) {
                    std::fill(h + u*op.group, h + std::min(n_ff, (u + 1)*op.group), 0.0f);
                }
            }
        }

        // each row is another token's, so threads do not meet here
        sol_usage & usage = op.state->usage[index[r]];

        (op.mlp_class == sol_mlp_class::SHARED ? usage.shared_kept  : usage.mlp_kept)  += k;
        (op.mlp_class == sol_mlp_class::SHARED ? usage.shared_units : usage.mlp_units) += n_units;
    }
}

void sol_op_round(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const int64_t n      = dst->ne[0];
    const int64_t n_rows = ggml_nrows(dst);

    const float * knobs = (const float *) dst->src[1]->data;

    for (int64_t r = ith; r < n_rows; r += nth) {
        const int bits = (int) knobs[2*r + 1];
        if (bits >= 16) {
            continue;
        }

        float * x = row(dst, r);

        float absmax = 0.0f;
        for (int64_t i = 0; i < n; ++i) {
            absmax = std::max(absmax, std::fabs(x[i]));
        }
        if (absmax == 0.0f) {
            continue;
        }

        const float levels = (float) ((1 << (bits - 1)) - 1);
        const float scale  = absmax/levels;

        for (int64_t i = 0; i < n; ++i) {
            x[i] = std::round(x[i]/scale)*scale;
        }
    }
}
