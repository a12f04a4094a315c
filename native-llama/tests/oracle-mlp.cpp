#include "oracle-mlp.h"

#include "oracle-select.h"

#include <cstring>

void check_rounded(const char * what, const std::vector<float> & exact, const float * rounded, int32_t bits) {
    float absmax = 0.0f;
    for (const float x : exact) {
        absmax = std::max(absmax, std::fabs(x));
    }

    const double step = bits < 16 ? (double) absmax/((1 << (bits - 1)) - 1) : 0.0;

    for (size_t i = 0; i < exact.size(); ++i) {
        if (step == 0.0) {
            CHECK(rounded[i] == exact[i], "%s, %d bits: value %zu is %g, expected %g", what, bits, i, rounded[i], exact[i]);
            continue;
        }
        const double level = rounded[i]/step;
        CHECK(std::fabs(level - std::round(level)) < 1e-3*std::max(1.0, std::fabs(level)*1e-3), "%s, %d bits: value %zu is %g levels", what, bits, i, level);
        CHECK(std::fabs(rounded[i] - exact[i]) <= 0.501*step, "%s, %d bits: value %zu is %g, expected %g ± %g", what, bits, i, rounded[i], exact[i], step/2);
    }
}

static std::vector<double> multiply(const tiny_model::tensor & w, int64_t first, int64_t n, const tiny_model::tensor * bias, const float * x) {
    const int64_t n_in = w.ne[0];

    std::vector<double> res(n);
    for (int64_t r = 0; r < n; ++r) {
        res[r] = bias ? bias->data[r] : 0.0;
        for (int64_t i = 0; i < n_in; ++i) {
            res[r] += (double) w.data[(first + r)*n_in + i]*x[i];
        }
    }
    return res;
}

static bool has_gelu(const tiny_model & m) {
    return m.arch == "gpt2" || m.arch == "gemma3";
}

static double activation(const tiny_model & m, double x) {
    if (has_gelu(m)) {
        return 0.5*x*(1.0 + std::tanh(std::sqrt(2.0/M_PI)*x*(1.0 + 0.044715*x*x)));
    }
    return x/(1.0 + std::exp(-x));
}

static double max_magnitude(const std::vector<double> & v) {
    double res = 0.0;
    for (const double x : v) {
        res = std::max(res, std::fabs(x));
    }
    return res;
}

std::vector<mlp_oracle::site> mlp_oracle::sites_of(const tiny_model & m) {
    if (m.arch == "qwen2moe") {
        return { { sol_choice_kind::ROUTED_UNITS, "_exps", 32, 2 }, { sol_choice_kind::SHARED_UNITS, "_shexp", m.n_ff, 0 } };
    }
    return { { sol_choice_kind::DENSE_UNITS, "", m.n_ff, 0 } };
}

sol_layer_info mlp_oracle::units(const tiny_model & m, const sol_context_params & params) {
    sol_layer_info res {};
    for (const site & s : sites_of(m)) {
        int64_t n = (s.n_ff + params.mlp_group - 1)/params.mlp_group*std::max<int64_t>(1, s.n_experts_used);
        if (params.mlp_criterion == SOL_MLP_CHANNEL) {
            n = m.n_embd;
        }
        (s.kind == sol_choice_kind::DENSE_UNITS ? res.mlp_units : s.kind == sol_choice_kind::SHARED_UNITS ? res.shared_units : res.routed_units) += (int32_t) n;
    }
    return res;
}

std::string mlp_oracle::weight_name(int64_t il, const char * part, const site & s) const {
    return "blk." + std::to_string(il) + ".ffn_" + part + s.suffix + ".weight";
}

const tiny_model::tensor * mlp_oracle::find_weight(const std::string & name) const {
    const auto it = m.tensors.find(name);
    return it == m.tensors.end() ? nullptr : &it->second;
}

const seen_product & mlp_oracle::product(const std::string & weight) const {
    const seen_product * res = nullptr;
    for (const auto & p : seen.products) {
        if (p.weight == weight) {
            CHECK(!res, "%s is used twice", weight.c_str());
            res = &p;
        }
    }
    CHECK(res, "%s is not used", weight.c_str());
    return *res;
}

// Returns what gate and up read.
std::vector<float> mlp_oracle::check_input(const char * what, const site & s, int64_t il, int64_t i, const float * x, const sol_knobs & knobs) const {
    std::vector<float> expected(x, x + m.n_embd);

    if (params.mlp_criterion == SOL_MLP_CHANNEL) {
        const int64_t k    = oracle_count(knobs.mlp_keep, m.n_embd);
        const auto *  kept = choices.find(s.kind, il, i, 0);
        CHECK((kept == nullptr) == (k == m.n_embd), "%s: a choice of channels, though %d of %d are to be kept, or none", what, (int) k, (int) m.n_embd);

        if (kept) {
            if (!choices.replaces) {
                std::vector<double> magnitude;
                for (const float v : expected) {
                    magnitude.push_back(std::fabs(v));
                }
                check_top(what, *kept, magnitude, {}, k);
            }
            for (int64_t c = 0; c < m.n_embd; ++c) {
                expected[c] = (*kept)[c] ? expected[c] : 0.0f;
            }
        }
    }

    const seen_product & up = product(weight_name(il, "up", s));
    check_rounded(what, expected, up.in.row(i), params.bits_site == SOL_BITS_INPUT ? knobs.act_bits : 16);

    const std::string gate = weight_name(il, "gate", s);
    if (find_weight(gate)) {
        CHECK(std::equal(up.in.row(i), up.in.row(i) + m.n_embd, product(gate).in.row(i)), "%s: gate and up read different inputs", what);
    }
    return { up.in.row(i), up.in.row(i) + m.n_embd };
}

// Returns what the down projection should read, from `x`.
std::vector<float> mlp_oracle::check_hidden(const char * what, const site & s, int64_t il, int64_t i, int64_t rank, int64_t expert,
        const std::vector<float> & x, const sol_knobs & knobs) const {
    const auto * up_weight   = find_weight(weight_name(il, "up", s));
    const auto * gate_weight = find_weight(weight_name(il, "gate", s));
    const auto * down_weight = find_weight(weight_name(il, "down", s));
    const auto * bias        = find_weight("blk." + std::to_string(il) + ".ffn_up.bias");

    const bool    fused    = m.arch == "phi3"; // the gate's rows, then those of up
    const bool    gated    = fused || gate_weight;
    const int64_t up_first = fused ? s.n_ff : expert*s.n_ff;

    const std::vector<double> up   = multiply(*up_weight, up_first, s.n_ff, bias, x.data());
    const std::vector<double> gate = gated ? multiply(fused ? *up_weight : *gate_weight, fused ? 0 : expert*s.n_ff, s.n_ff, nullptr, x.data()) : up;

    std::vector<double> h(s.n_ff);
    std::vector<double> squares((s.n_ff + params.mlp_group - 1)/params.mlp_group);

    for (int64_t j = 0; j < s.n_ff; ++j) {
        const double act = activation(m, gate[j]);
        h[j] = gated ? act*up[j] : act;

        double up_norm   = gated ? 0.0 : 1.0;
        double down_norm = 0.0;
        for (int64_t c = 0; c < m.n_embd; ++c) {
            up_norm   += gated ? std::pow(up_weight->data[(up_first + j)*m.n_embd + c], 2) : 0.0;
            down_norm += std::pow(down_weight->data[(expert*m.n_embd + c)*s.n_ff + j], 2);
        }
        squares[j/params.mlp_group] += act*act*up_norm*down_norm;
    }

    if (params.mlp_criterion == SOL_MLP_NEURON) {
        const int64_t n_units = (int64_t) squares.size();
        const int64_t k       = oracle_count(knobs.mlp_keep, n_units);
        const auto *  kept    = choices.find(s.kind, il, i, rank);
        CHECK((kept == nullptr) == (k == n_units), "%s: a choice of units, though %d of %d are to be kept, or none", what, (int) k, (int) n_units);

        if (kept) {
            if (!choices.replaces) {
                std::vector<double> scores;
                for (const double sq : squares) {
                    scores.push_back(std::sqrt(sq));
                }
                check_top(what, *kept, scores, {}, k);
            }
            for (int64_t j = 0; j < s.n_ff; ++j) {
                h[j] = (*kept)[j/params.mlp_group] ? h[j] : 0.0;
            }
        }
    }

    const float * read      = product(weight_name(il, "down", s)).in.row(i*std::max<int64_t>(1, s.n_experts_used) + rank);
    const double  tolerance = (has_gelu(m) ? 2e-3 : 1e-5)*max_magnitude(h); // GELU goes through a table of F16 in ggml-cpu

    for (int64_t j = 0; j < s.n_ff; ++j) {
        CHECK(std::fabs(read[j] - h[j]) <= (h[j] == 0.0 ? 1e-30 : tolerance), "%s: neuron %d is %g, expected %g", what, (int) j, read[j], h[j]);
    }
    return { h.begin(), h.end() };
}

void mlp_oracle::check(int64_t il, int64_t i, const sol_knobs & knobs, sol_usage & usage) const {
    const auto it = seen.named.find("ffn_norm-" + std::to_string(il));
    CHECK(it != seen.named.end() && it->second.size() == 1, "%s: no one MLP input in layer %d", m.arch.c_str(), (int) il);
    const float * x = it->second[0].row(i);

    for (const site & s : sites_of(m)) {
        char what[160];
        snprintf(what, sizeof(what), "%s layer %d ffn%s token %d, keep %.2f, criterion %d group %d, bits at %d",
                m.arch.c_str(), (int) il, s.suffix, (int) i, knobs.mlp_keep, params.mlp_criterion, params.mlp_group, params.bits_site);

        const std::vector<float> input = check_input(what, s, il, i, x, knobs);

        if (m.arch == "qwen2moe") {
            for (const char * router : { "ffn_gate_inp", "ffn_gate_inp_shexp" }) {
                const seen_product & p = product("blk." + std::to_string(il) + "." + router + ".weight");
                CHECK(std::equal(x, x + m.n_embd, p.in.row(i)), "%s: %s does not read the exact input", what, router);
            }
        }

        const seen_product &      down        = product(weight_name(il, "down", s));
        const tiny_model::tensor * down_weight = find_weight(weight_name(il, "down", s));

        for (int64_t rank = 0; rank < std::max<int64_t>(1, s.n_experts_used); ++rank) {
            const int64_t expert = s.n_experts_used ? down.experts[i*s.n_experts_used + rank] : 0;

            const std::vector<float>  h        = check_hidden(what, s, il, i, rank, expert, input, knobs);
            const std::vector<double> expected = multiply(*down_weight, expert*m.n_embd, m.n_embd, nullptr, h.data());

            const float * out       = down.out.row(i*std::max<int64_t>(1, s.n_experts_used) + rank);
            const double  tolerance = (has_gelu(m) ? 2e-3 : 3e-4)*max_magnitude(expected);
            for (int64_t c = 0; c < m.n_embd; ++c) {
                CHECK(std::fabs(out[c] - expected[c]) <= tolerance, "%s: output %d is %g, expected %g", what, (int) c, out[c], expected[c]);
            }
        }

        const bool    channels = params.mlp_criterion == SOL_MLP_CHANNEL;
        const int64_t n_times  = channels ? 1 : std::max<int64_t>(1, s.n_experts_used);
        const int64_t n_units  = channels ? m.n_embd : (s.n_ff + params.mlp_group - 1)/params.mlp_group;

        int64_t & kept  = s.kind == sol_choice_kind::DENSE_UNITS ? usage.mlp_kept  : s.kind == sol_choice_kind::SHARED_UNITS ? usage.shared_kept  : usage.routed_kept;
        int64_t & units = s.kind == sol_choice_kind::DENSE_UNITS ? usage.mlp_units : s.kind == sol_choice_kind::SHARED_UNITS ? usage.shared_units : usage.routed_units;
        kept  += n_times*oracle_count(knobs.mlp_keep, n_units);
        units += n_times*n_units;
    }

    // the outputs: of a mixture and its shared expert each for itself
    int64_t n_rounded = 0;
    for (const seen_change & r : seen.rounded) {
        if (r.il != il) {
            continue;
        }
        ++n_rounded;
        check_rounded((m.arch + " layer " + std::to_string(il) + " output").c_str(), { r.before.row(i), r.before.row(i) + m.n_embd }, r.after.row(i), knobs.act_bits);
    }
    const int64_t expected = params.bits_site == SOL_BITS_OUTPUT ? (int64_t) sites_of(m).size() : 0;
    CHECK(n_rounded == expected, "%s layer %d: %d outputs are rounded, expected %d", m.arch.c_str(), (int) il, (int) n_rounded, (int) expected);
}
