#include "sol-ops.h"

#include "sol-choice.h"
#include "sol-kernels.h"
#include "sol-score.h"
#include "sol-select.h"
#include "sol-state.h"

#include "ggml.h"

#include <cmath>
#include <cstring>

namespace {

// Row r of a tensor whose last three dimensions count rows.
char * row(const ggml_tensor * t, int64_t r) {
    const int64_t i1 = r % t->ne[1];
    const int64_t i2 = r / t->ne[1] % t->ne[2];
    const int64_t i3 = r / t->ne[1] / t->ne[2];

    return (char *) t->data + i1*t->nb[1] + i2*t->nb[2] + i3*t->nb[3];
}

float * floats(const ggml_tensor * t, int64_t r) {
    return (float *) row(t, r);
}

// Zeroes what is not kept, without a branch: nothing foretells which units are.
void mask(float * x, int64_t n, bool keep) {
    const auto apply = [ones = 0u - (uint32_t) keep](float & value) {
        uint32_t bits;
        memcpy(&bits, &value, sizeof(bits));
        bits &= ones;
        memcpy(&value, &bits, sizeof(bits));
    };

    int64_t i = 0;
    for (; i + 8 <= n; i += 8) { // a vector
        for (int64_t k = 0; k < 8; ++k) {
            apply(x[i + k]);
        }
    }
    for (; i < n; ++i) {
        apply(x[i]);
    }
}

// Chooses units of one MLP for one token, and counts them.
class unit_choice {
public:
    explicit unit_choice(const sol_mlp_op & op) : op(op) {}

    // Zeroes the neurons of h[n_ff] outside the best units.
    void prune_neurons(float * h, const float * gate, const float * norms, int64_t n_ff, float mlp_keep, int32_t index, int32_t part) {
        const int64_t n_units = (n_ff + op.group - 1)/op.group;
        const int64_t k       = sol_keep_count(mlp_keep, n_units);

        if (k < n_units) {
            score_neurons(h, gate, norms, n_ff, n_units);
            choose(k, index, part);

            for (int64_t j = 0; j < n_ff && op.group == 1; ++j) { // without branches
                h[j] = keep[j] ? h[j] : 0.0f;
            }
            for (int64_t u = 0; u < n_units && op.group > 1; ++u) {
                mask(h + u*op.group, std::min<int64_t>(op.group, n_ff - u*op.group), keep[u]);
            }
        }
        count(k, n_units, index);
    }

    // The same for the channels of x[n_embd].
    void prune_channels(float * x, int64_t n_embd, float mlp_keep, int32_t index) {
        const int64_t k = sol_keep_count(mlp_keep, n_embd);

        if (k < n_embd) {
            scores.resize(n_embd);
            for (int64_t i = 0; i < n_embd; ++i) {
                scores[i] = std::isnan(x[i]) ? 0.0f : std::fabs(x[i]);
            }
            choose(k, index, 0);

            for (int64_t i = 0; i < n_embd; ++i) {
                x[i] = keep[i] ? x[i] : 0.0f;
            }
        }
        count(k, n_embd, index);
    }

private:
    void score_neurons(const float * h, const float * gate, const float * norms, int64_t n_ff, int64_t n_units) {
        scores.resize(n_units);

        if (gate) {
            act.resize(n_ff);
            sol_activate(op.type_op, op.situ_beta, gate, n_ff, act.data());
        }
        sol_score_units(gate ? act.data() : h, norms, n_ff, op.group, 0, n_units, scores.data());
    }

    void choose(int64_t k, int32_t index, int32_t part) {
        keep.resize(scores.size());
        sol_select_top(scores.data(), (int64_t) scores.size(), k, keep.data(), scratch);

        if (op.state->choices) {
            op.state->choices->on_choice({ op.kind, op.il, index, part }, keep.data(), (int64_t) keep.size());
        }
    }

    // A token is one thread's.
    void count(int64_t k, int64_t n, int32_t index) {
        sol_usage & usage = op.state->usage[index];

        switch (op.kind) {
            case sol_choice_kind::SHARED_UNITS:
                usage.shared_kept  += k;
                usage.shared_units += n;
                break;
            case sol_choice_kind::ROUTED_UNITS:
                usage.routed_kept  += k;
                usage.routed_units += n;
                break;
            default:
                usage.mlp_kept  += k;
                usage.mlp_units += n;
        }
    }

    const sol_mlp_op & op;

    std::vector<float>    act;
    std::vector<float>    scores;
    std::vector<uint32_t> scratch;
    std::vector<uint8_t>  keep;
};

// Symmetric, by the largest magnitude.
void round_row(float * x, int64_t n, int bits) {
    if (bits >= 16) {
        return;
    }

    const float absmax = sol_absmax(x, n);
    if (absmax == 0.0f) {
        return;
    }

    const float levels = (float) ((1 << (bits - 1)) - 1);
    const float scale  = absmax/levels;

    sol_round_to(x, n, scale);
}

struct token_knobs {
    const float   * values;
    const int32_t * indices;

    token_knobs(const ggml_tensor * knobs, const ggml_tensor * index) :
            values((const float *) knobs->data), indices(index ? (const int32_t *) index->data : nullptr) {}

    float   mlp_keep(int64_t token) const { return values[2*token]; }
    int     act_bits(int64_t token) const { return (int) values[2*token + 1]; }
    int32_t index   (int64_t token) const { return indices[token]; }
};

} // namespace

void sol_op_mlp_input(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = *(const sol_mlp_op *) userdata;

    const int64_t n = dst->ne[0];

    const token_knobs knobs(dst->src[1], dst->src[2]);

    unit_choice choice(op);

    for (int64_t r = ith; r < ggml_nrows(dst); r += nth) {
        float * x = floats(dst, r);
        memcpy(x, floats(dst->src[0], r), n*sizeof(float));

        if (op.prune) {
            choice.prune_channels(x, n, knobs.mlp_keep(r), knobs.index(r));
        }
        if (op.round) {
            round_row(x, n, knobs.act_bits(r));
        }
    }
}

void sol_op_record_mlp(ggml_tensor * dst, int ith, int /*nth*/, void * userdata) {
    if (ith != 0) {
        return;
    }
    const auto & op     = *(const sol_mlp_op *) userdata;
    auto       & record = op.state->mlp_records[op.il];

    const auto copy = [](const ggml_tensor * t, std::vector<float> & out) {
        out.resize(ggml_nelements(t));
        for (int64_t r = 0; r < ggml_nrows(t); ++r) {
            memcpy(out.data() + r*t->ne[0], floats(t, r), t->ne[0]*sizeof(float));
        }
    };
    copy(dst->src[0], record.input);
    copy(dst->src[1], record.gate);

    record.n_tokens = ggml_nrows(dst->src[0]);
    record.n_embd   = dst->src[0]->ne[0];
    record.n_ff     = dst->src[1]->ne[0];
    record.norms    = op.norms;
}

void sol_op_prune_mlp(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = *(const sol_mlp_op *) userdata;

    const token_knobs knobs(dst->src[1], dst->src[2]);

    unit_choice choice(op);

    for (int64_t r = ith; r < ggml_nrows(dst); r += nth) {
        choice.prune_neurons(floats(dst, r), op.gated ? floats(dst->src[3], r) : nullptr, op.norms, dst->ne[0],
                knobs.mlp_keep(r), knobs.index(r), 0);
    }
}

void sol_op_prune_experts(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = *(const sol_mlp_op *) userdata;

    const int64_t n_ff   = dst->ne[0];
    const int64_t n_used = dst->ne[1];

    const token_knobs knobs(dst->src[1], dst->src[2]);

    unit_choice choice(op);

    for (int64_t t = ith; t < dst->ne[2]; t += nth) {
        for (int64_t u = 0; u < n_used; ++u) {
            const int64_t r      = t*n_used + u;
            const int32_t expert = *(const int32_t *) ((const char *) dst->src[3]->data + u*dst->src[3]->nb[0] + t*dst->src[3]->nb[1]);

            choice.prune_neurons(floats(dst, r), op.gated ? floats(dst->src[4], r) : nullptr, op.norms + expert*n_ff, n_ff,
                    knobs.mlp_keep(t), knobs.index(t), (int32_t) u);
        }
    }
}

void sol_op_round(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const token_knobs knobs(dst->src[1], nullptr);

    for (int64_t r = ith; r < ggml_nrows(dst); r += nth) {
        round_row(floats(dst, r), dst->ne[0], knobs.act_bits(r));
    }
}
