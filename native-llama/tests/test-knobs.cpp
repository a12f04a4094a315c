// Each knob against a plain F32 re-computation, on every tiny architecture.
//
// The scheduler's eval callback shows what an op got and what the next op gets. From the MLP's input, the oracle computes
// gate, up, scores and output with the weights that the test itself made; from the queries and the cached keys and values,
// the attention over the positions that recency should have left. Neither looks at the mask or at the library's selection.

#include "test-support.h"

#include "sol-ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace {

//
// what is observed of one ubatch
//

struct matrix {
    int64_t n_cols = 0; // contiguous
    int64_t n_rows = 0;
    std::vector<float> data;

    const float * row(int64_t r) const { return data.data() + r*n_cols; }
};

struct attn_seen {
    matrix q; // rows: token-major, then head
    matrix k; // rows: cell-major, then KV head
    matrix v;
    matrix out;
    int64_t n_cells = 0;
    float   scale   = 0.0f;
};

struct observer {
    std::vector<matrix>    mlp_input;
    std::vector<matrix>    mlp_kept; // h after pruning
    std::vector<matrix>    rounded;
    std::vector<attn_seen> attn;

    void clear() { *this = {}; }
};

float value_at(const ggml_tensor * t, int64_t i0, int64_t i1, int64_t i2) {
    const char * p = (const char *) t->data + i0*t->nb[0] + i1*t->nb[1] + i2*t->nb[2];
    return t->type == GGML_TYPE_F16 ? ggml_fp16_to_fp32(*(const ggml_fp16_t *) p) : *(const float *) p;
}

// [ne0, ne1, ne2] as rows of ne0; `swap`: ne2 counts faster than ne1.
matrix copy(const ggml_tensor * t, bool swap) {
    matrix res { t->ne[0], t->ne[1]*t->ne[2], {} };

    const int64_t n_outer = swap ? t->ne[1] : t->ne[2];
    const int64_t n_inner = swap ? t->ne[2] : t->ne[1];

    for (int64_t o = 0; o < n_outer; ++o) {
        for (int64_t i = 0; i < n_inner; ++i) {
            for (int64_t i0 = 0; i0 < t->ne[0]; ++i0) {
                res.data.push_back(swap ? value_at(t, i0, o, i) : value_at(t, i0, i, o));
            }
        }
    }
    return res;
}

bool is_custom(const ggml_tensor * t, ggml_custom_op_t fun) {
    struct { ggml_custom_op_t fun; } params;
    memcpy(&params, t->op_params, sizeof(params));
    return t->op == GGML_OP_CUSTOM && params.fun == fun;
}

bool observe(ggml_tensor * t, bool ask, void * data) {
    auto & seen = *(observer *) data;

    const bool norm  = strncmp(t->name, "ffn_norm-", 9) == 0 && !strchr(t->name, ' '); // not "ffn_norm-0 (reshaped)"
    const bool prune = is_custom(t, sol_op_prune_mlp);
    const bool round = is_custom(t, sol_op_round);
    const bool flash = t->op == GGML_OP_FLASH_ATTN_EXT;

    if (ask) {
        return norm || prune || round || flash;
    }

    if (norm) {
        seen.mlp_input.push_back(copy(t, false));
    } else if (prune) {
        seen.mlp_kept.push_back(copy(t, false));
    } else if (round) {
        seen.rounded.push_back(copy(t, false));
    } else {
        // q [head, token, n_head], k and v [head, cell, n_head_kv], out [head, n_head, token]
        attn_seen a;
        a.q       = copy(t->src[0], true);
        a.k       = copy(t->src[1], true);
        a.v       = copy(t->src[2], true);
        a.out     = copy(t, false);
        a.n_cells = t->src[1]->ne[1];
        memcpy(&a.scale, t->op_params, sizeof(float));
        seen.attn.push_back(std::move(a));
    }
    return true;
}

//
// the oracle
//

int64_t oracle_count(float keep, int64_t n) {
    // the knobs of these tests are multiples of 1/20
    const int64_t twentieths = std::lround(keep*20.0);
    return std::max<int64_t>(1, (twentieths*n + 19)/20);
}

std::vector<double> mul(const tiny_model::tensor & w, const tiny_model::tensor * bias, const float * x, int64_t first, int64_t n) {
    std::vector<double> res(n);
    for (int64_t r = 0; r < n; ++r) {
        double sum = bias ? bias->data[first + r] : 0.0;
        for (int64_t i = 0; i < w.ne[0]; ++i) {
            sum += (double) w.data[(first + r)*w.ne[0] + i]*x[i];
        }
        res[r] = sum;
    }
    return res;
}

double activation(const tiny_model & m, double x) {
    if (m.arch == "gpt2" || m.arch == "gemma3") {
        return 0.5*x*(1.0 + std::tanh(std::sqrt(2.0/M_PI)*x*(1.0 + 0.044715*x*x)));
    }
    return x/(1.0 + std::exp(-x));
}

struct mlp {
    const tiny_model::tensor * up;
    const tiny_model::tensor * up_bias;
    const tiny_model::tensor * gate; // may be `up` itself, when it holds both
    const tiny_model::tensor * down;
    const tiny_model::tensor * down_bias;
    int64_t up_first;
};

mlp mlp_of(const tiny_model & m, int64_t il) {
    const auto find = [&](const char * name) -> const tiny_model::tensor * {
        const auto it = m.tensors.find("blk." + std::to_string(il) + "." + name);
        return it == m.tensors.end() ? nullptr : &it->second;
    };

    if (m.arch == "qwen2moe") {
        return { find("ffn_up_shexp.weight"), nullptr, find("ffn_gate_shexp.weight"), find("ffn_down_shexp.weight"), nullptr, 0 };
    }

    const auto * up = find("ffn_up.weight");
    const bool fused = m.arch == "phi3";

    return { up, find("ffn_up.bias"), fused ? up : find("ffn_gate.weight"), find("ffn_down.weight"), find("ffn_down.bias"), fused ? m.n_ff : 0 };
}

struct mlp_oracle {
    std::vector<double> h;      // all neurons
    std::vector<double> scores; // of units
};

mlp_oracle compute_mlp(const tiny_model & m, const mlp & w, const float * x, int64_t group) {
    const std::vector<double> up = mul(*w.up, w.up_bias, x, w.up_first, m.n_ff);

    mlp_oracle res { up, std::vector<double>((m.n_ff + group - 1)/group) };

    std::vector<double> magnitude(m.n_ff);

    if (w.gate) {
        const std::vector<double> gate = mul(*w.gate, nullptr, x, 0, m.n_ff);

        for (int64_t j = 0; j < m.n_ff; ++j) {
            double norm = 0.0;
            for (int64_t i = 0; i < m.n_embd; ++i) {
                norm += std::pow(w.up->data[(w.up_first + j)*m.n_embd + i], 2);
            }
            magnitude[j] = std::fabs(activation(m, gate[j]))*std::sqrt(norm);
            res.h[j]     = activation(m, gate[j])*up[j];
        }
    } else {
        for (int64_t j = 0; j < m.n_ff; ++j) {
            res.h[j]     = activation(m, up[j]);
            magnitude[j] = std::fabs(res.h[j]);
        }
    }

    for (int64_t j = 0; j < m.n_ff; ++j) {
        double norm = 0.0;
        for (int64_t i = 0; i < m.n_embd; ++i) {
            norm += std::pow(w.down->data[i*m.n_ff + j], 2);
        }
        res.scores[j/group] += std::pow(magnitude[j], 2)*norm;
    }
    for (double & s : res.scores) {
        s = std::sqrt(s);
    }
    return res;
}

// The units that were kept are a top-k of the oracle's scores, up to near-ties; then the output must follow from them. Returns k.
int64_t check_mlp(const tiny_model & m, int64_t il, const float * x, const float * kept, const float * out, sol_knobs knobs, int64_t group) {
    const mlp        w      = mlp_of(m, il);
    const mlp_oracle oracle = compute_mlp(m, w, x, group);

    const int64_t n_units = (int64_t) oracle.scores.size();
    const int64_t k       = oracle_count(knobs.mlp_keep, n_units);

    std::vector<double> sorted = oracle.scores;
    std::sort(sorted.rbegin(), sorted.rend());
    const double threshold = sorted[k - 1];

    std::vector<float> h(m.n_ff);
    int64_t n_kept   = 0;
    int64_t n_silent = 0; // units whose neurons are zero anyway: kept or dropped looks the same

    for (int64_t u = 0; u < n_units; ++u) {
        const int64_t begin = u*group;
        const int64_t end   = std::min(m.n_ff, begin + group);

        if (std::all_of(oracle.h.begin() + begin, oracle.h.begin() + end, [](double v) { return std::fabs(v) < 1e-6; })) {
            ++n_silent;
            continue;
        }

        const bool is_kept = std::any_of(kept + begin, kept + end, [](float v) { return v != 0.0f; });
        n_kept += is_kept;

        CHECK(!is_kept || oracle.scores[u] >= threshold*(1 - 1e-3), "%s layer %d: kept a unit with score %g < %g",
                m.arch.c_str(), (int) il, oracle.scores[u], threshold);
        CHECK(is_kept  || oracle.scores[u] <= threshold*(1 + 1e-3), "%s layer %d: dropped a unit with score %g > %g",
                m.arch.c_str(), (int) il, oracle.scores[u], threshold);

        for (int64_t j = begin; j < end; ++j) {
            h[j] = is_kept ? (float) oracle.h[j] : 0.0f;
        }
    }
    CHECK(n_kept <= k && k <= n_kept + n_silent, "%s layer %d: kept %d units of %d (%d silent), expected %d",
            m.arch.c_str(), (int) il, (int) n_kept, (int) n_units, (int) n_silent, (int) k);

    if (out) {
        const std::vector<double> expected = mul(*w.down, w.down_bias, h.data(), 0, m.n_embd);

        const double absmax    = std::fabs(*std::max_element(expected.begin(), expected.end(), [](double a, double b) { return std::fabs(a) < std::fabs(b); }));
        const double step      = knobs.act_bits < 16 ? absmax/((1 << (knobs.act_bits - 1)) - 1) : 0.0;
        const bool   gelu      = m.arch == "gpt2" || m.arch == "gemma3"; // through a table of F16 in ggml-cpu
        const double tolerance = 0.5*step + (gelu ? 2e-3 : 3e-4)*absmax;

        for (int64_t i = 0; i < m.n_embd; ++i) {
            CHECK(std::fabs(out[i] - expected[i]) <= tolerance, "%s layer %d, %d bits: output %d is %g, expected %g ± %g",
                    m.arch.c_str(), (int) il, knobs.act_bits, (int) i, out[i], expected[i], tolerance);

            if (step > 0.0) {
                const float out_max = std::fabs(*std::max_element(out, out + m.n_embd, [](float a, float b) { return std::fabs(a) < std::fabs(b); }));
                const double levels = out[i]/(out_max/((1 << (knobs.act_bits - 1)) - 1));
                CHECK(std::fabs(levels - std::round(levels)) < 1e-2, "%s layer %d, %d bits: output %d is %g levels",
                        m.arch.c_str(), (int) il, knobs.act_bits, (int) i, levels);
            }
        }
    }
    return k;
}

// The positions that a token at `pos` may attend when it keeps `keep` of what it sees.
std::vector<int64_t> oracle_positions(int64_t pos, int64_t n_swa, float keep, const sol_context_params & params) {
    const int64_t first = n_swa > 0 ? std::max<int64_t>(0, pos - n_swa + 1) : 0;

    std::vector<int64_t> sinks;
    std::vector<int64_t> others; // newest first
    for (int64_t p = pos; p >= first; --p) {
        (p < params.attn_sinks ? sinks : others).push_back(p);
    }

    const int64_t n        = (int64_t) (sinks.size() + others.size());
    const int64_t n_others = std::max<int64_t>(oracle_count(keep, n) - (int64_t) sinks.size(),
            std::min<int64_t>(params.attn_window + 1, (int64_t) others.size()));

    others.resize(n_others);
    others.insert(others.end(), sinks.begin(), sinks.end());
    return others;
}

void check_attention(const tiny_model & m, const attn_seen & a, int64_t row, const std::vector<int64_t> & positions) {
    const int64_t head = m.n_embd/m.n_head;

    for (int64_t h = 0; h < m.n_head; ++h) {
        const int64_t h_kv = h/(m.n_head/m.n_head_kv);
        const float * q    = a.q.row(row*m.n_head + h);

        std::vector<double> p;
        for (const int64_t pos : positions) {
            const float * k = a.k.row(pos*m.n_head_kv + h_kv);
            p.push_back(a.scale*std::inner_product(q, q + head, k, 0.0));
        }

        const double max = *std::max_element(p.begin(), p.end());
        double sum = 0.0;
        for (double & x : p) {
            x = std::exp(x - max);
            sum += x;
        }

        for (int64_t d = 0; d < head; ++d) {
            double expected = 0.0;
            double magnitude = 0.0;
            for (size_t i = 0; i < positions.size(); ++i) {
                const double v = a.v.row(positions[i]*m.n_head_kv + h_kv)[d];
                expected  += p[i]/sum*v;
                magnitude += p[i]/sum*std::fabs(v);
            }
            const double actual = a.out.row(row*m.n_head + h)[d];
            // upstream accumulates in F16
            CHECK(std::fabs(actual - expected) <= 4e-3*magnitude + 1e-3, "%s: head %d, value %d is %g, expected %g",
                    m.arch.c_str(), (int) h, (int) d, actual, expected);
        }
    }
}

//
// the test
//

void test_arch(const std::string & arch, int64_t group, uint32_t seed) {
    const temp_dir   dir;
    const tiny_model m = make_tiny_model(arch, seed);
    write_tiny_model(m, dir/"model.gguf");

    const model_ptr model = load_model(dir/"model.gguf");

    sol_context_params params = small_context();
    params.mlp_group = (int32_t) group;

    observer seen;
    const auto context = sol_context_make(*model, params, observe, &seen);

    const bool moe = arch == "qwen2moe";

    for (int64_t il = 0; il < m.n_layer; ++il) {
        sol_layer_info info;
        CHECK_OK(sol_context_layer_info(context.get(), (int32_t) il, &info));

        const int64_t n_units = (m.n_ff + group - 1)/group;
        CHECK(info.attn == (m.is_sliding(il) ? SOL_ATTN_SLIDING : SOL_ATTN_FULL), "%s layer %d: attention class %d", arch.c_str(), (int) il, info.attn);
        CHECK(info.mlp_units    == (moe ? 0 : n_units), "%s layer %d: %d units",        arch.c_str(), (int) il, info.mlp_units);
        CHECK(info.shared_units == (moe ? n_units : 0), "%s layer %d: %d shared units", arch.c_str(), (int) il, info.shared_units);
        CHECK(info.act_bits, "%s layer %d: bits are not reached", arch.c_str(), (int) il);
    }

    std::mt19937 rng(seed);

    // a prefill, then steps; every token with knobs of its own
    int64_t pos = 0;
    for (const int32_t n : { 11, 1, 1, 5, 1, 40, 1, 1, 64, 1, 1 }) {
        token_batch batch;
        for (int32_t i = 0; i < n; ++i) {
            batch.add(random_token(m, rng), (llama_pos) (pos + i), 0, /*out =*/ true, random_knobs(rng));
        }

        seen.clear();
        const sol_batch view = batch.view();
        CHECK_OK(sol_decode(context.get(), &view));

        CHECK((int64_t) seen.attn.size() == m.n_layer && (int64_t) seen.mlp_kept.size() == m.n_layer && (int64_t) seen.mlp_input.size() == m.n_layer,
                "%s: saw %zu attentions, %zu prunings, %zu inputs in %d layers", arch.c_str(), seen.attn.size(), seen.mlp_kept.size(), seen.mlp_input.size(), (int) m.n_layer);

        for (int32_t i = 0; i < n; ++i) {
            sol_usage expected {};

            for (int64_t il = 0; il < m.n_layer; ++il) {
                const auto positions = oracle_positions(pos + i, m.is_sliding(il) ? m.n_swa : 0, batch.knobs[i].attn_keep, params);
                const auto visible   = oracle_positions(pos + i, m.is_sliding(il) ? m.n_swa : 0, 1.0f, params);

                check_attention(m, seen.attn[il], i, positions);
                (m.is_sliding(il) ? expected.sliding_attended : expected.full_attended) += (int64_t) positions.size();
                (m.is_sliding(il) ? expected.sliding_visible  : expected.full_visible)  += (int64_t) visible.size();

                const int64_t kept = check_mlp(m, il, seen.mlp_input[il].row(i), seen.mlp_kept[il].row(i),
                        moe ? nullptr : seen.rounded[il].row(i), batch.knobs[i], group);
                (moe ? expected.shared_kept  : expected.mlp_kept)  += kept;
                (moe ? expected.shared_units : expected.mlp_units) += (m.n_ff + group - 1)/group;
            }

            sol_usage usage;
            CHECK_OK(sol_get_usage(context.get(), i, &usage));
            CHECK(memcmp(&usage, &expected, sizeof(usage)) == 0,
                    "%s: counters of token %d: full %d/%d sliding %d/%d mlp %d/%d shared %d/%d", arch.c_str(), (int) (pos + i),
                    (int) usage.full_attended, (int) usage.full_visible, (int) usage.sliding_attended, (int) usage.sliding_visible,
                    (int) usage.mlp_kept, (int) usage.mlp_units, (int) usage.shared_kept, (int) usage.shared_units);
        }
        pos += n;
    }
}

} // namespace

int main() {
    return run_test([] {
        for (const std::string & arch : tiny_model_archs()) {
            for (const int64_t group : { 1, 8, 32 }) {
                test_arch(arch, group, 100 + (uint32_t) group);
            }
            printf("%s: knobs equal the oracle's\n", arch.c_str());
        }
    });
}
