#include "oracle-mlp.h"

#include "oracle-select.h"

#include "ggml-cpu.h"

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

namespace {

// Of F32 in whatever order: a hundred terms of one or eight chains.
constexpr double SUM_ERROR = 1e-5;

struct products {
    std::vector<double> value;
    std::vector<double> error; // by which what is computed may differ
};

// By how much, relative to their sum of magnitudes, products with these weights differ that round `x` or do not.
double input_error(ggml_type type) {
    return type == GGML_TYPE_F16 ? 0x1p-11 : type == GGML_TYPE_BF16 ? 0x1p-8 : 0.0;
}

// What ggml rounds x to for products with weights of a type.
ggml_type input_type(ggml_type type) {
    return ggml_get_type_traits_cpu(type)->vec_dot_type;
}

// x as it is rounded to quants; rounding to F16 and BF16 is an error.
std::vector<float> quantized_input(ggml_type rounded, const float * x, int64_t n) {
    std::vector<float> res(x, x + n);
    if (ggml_is_quantized(rounded)) {
        std::vector<char> bytes(ggml_row_size(rounded, n));

        ggml_get_type_traits_cpu(rounded)->from_float(x, bytes.data(), n);
        if (rounded == GGML_TYPE_Q8_K) { // has no conversion: a scale of F32, then 256 of 8 bits
            for (int64_t i = 0; i < n; ++i) {
                const char * block = bytes.data() + i/256*ggml_type_size(rounded);

                float d;
                memcpy(&d, block, sizeof(d));
                res[i] = d*(float) *(const int8_t *) (block + sizeof(d) + i%256);
            }
        } else {
            ggml_get_type_traits(rounded)->to_float(bytes.data(), res.data(), n);
        }
    }
    return res;
}

products multiply(const tiny_model::tensor & w, int64_t first, int64_t n, const tiny_model::tensor * bias, const float * input, ggml_type rounded) {
    const int64_t            n_in = w.ne[0];
    const std::vector<float> x    = quantized_input(rounded, input, n_in);

    products res { std::vector<double>(n), std::vector<double>(n) };
    for (int64_t r = 0; r < n; ++r) {
        double magnitude = 0.0;
        res.value[r] = bias ? bias->data[r] : 0.0;
        for (int64_t i = 0; i < n_in; ++i) {
            const double term = (double) w.data[(first + r)*n_in + i]*x[i];
            res.value[r] += term;
            magnitude    += std::fabs(term);
        }
        res.error[r] = (input_error(w.type) + SUM_ERROR)*magnitude;
    }
    return res;
}

} // namespace

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

// Whether there is a kernel for the MLP: gated by a matrix of its own, with a layout for its down projection.
static bool can_skip(const tiny_model & m, const sol_context_params & params, const std::string & suffix) {
    const auto type = m.tensors.at("blk.0.ffn_down" + suffix + ".weight").type;

    return params.execution == SOL_EXECUTION_SKIP && params.skip_mlp && params.flash_attn && params.mlp_criterion == SOL_MLP_NEURON
        && suffix != "_exps" && m.arch != "phi3" && m.arch != "gpt2" && m.n_ff % 32 == 0
        && (type == GGML_TYPE_F16 || type == GGML_TYPE_BF16 || type == GGML_TYPE_Q8_0 || type == GGML_TYPE_Q4_0 || type == GGML_TYPE_Q4_K
            || type == GGML_TYPE_Q6_K);
}

bool mlp_oracle::skips(const site & s, const seen_product & down) const {
    return can_skip(m, params, s.suffix) && down.in.n_rows <= 4; // a larger batch is masked
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
        res.mlp_skips |= can_skip(m, params, s.suffix);
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

bool mlp_oracle::drops_any(const site & s, int64_t il, int64_t n_tokens) const {
    for (int64_t i = 0; i < n_tokens; ++i) {
        if (choices.find(s.kind, il, i, 0)) {
            return true;
        }
    }
    return false;
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

// ‖up_j‖²·‖down_j‖²
const std::vector<double> & mlp_oracle::norms(const tiny_model::tensor * up, int64_t up_first, const tiny_model::tensor & down, int64_t expert, int64_t n_ff) const {
    auto & res = norms_of[{ &down, expert }];

    for (int64_t j = (int64_t) res.size(); j < n_ff; ++j) {
        double up_norm   = up ? 0.0 : 1.0;
        double down_norm = 0.0;
        for (int64_t c = 0; c < m.n_embd; ++c) {
            const double u = up ? up->data[(up_first + j)*m.n_embd + c] : 0.0;
            const double d = down.data[(expert*m.n_embd + c)*n_ff + j];
            up_norm   += u*u;
            down_norm += d*d;
        }
        res.push_back(up_norm*down_norm);
    }
    return res;
}

// Checks what the down projection reads, and returns it.
std::vector<float> mlp_oracle::check_hidden(const char * what, const site & s, int64_t il, int64_t i, int64_t rank, int64_t expert,
        const std::vector<float> & x, const sol_knobs & knobs) const {
    const auto * up_weight   = find_weight(weight_name(il, "up", s));
    const auto * gate_weight = find_weight(weight_name(il, "gate", s));
    const auto * down_weight = find_weight(weight_name(il, "down", s));
    const auto * bias        = find_weight("blk." + std::to_string(il) + ".ffn_up.bias");

    const bool    fused    = m.arch == "phi3"; // the gate's rows, then those of up
    const bool    gated    = fused || gate_weight;
    const int64_t up_first = fused ? s.n_ff : expert*s.n_ff;

    const products up   = multiply(*up_weight, up_first, s.n_ff, bias, x.data(), input_type(up_weight->type));
    const products gate = gated ? multiply(fused ? *up_weight : *gate_weight, fused ? 0 : expert*s.n_ff, s.n_ff, nullptr, x.data(),
            input_type((fused ? up_weight : gate_weight)->type)) : up;

    const std::vector<double> & squared_norms = norms(gated ? up_weight : nullptr, up_first, *down_weight, expert, s.n_ff);

    std::vector<double> h(s.n_ff);
    std::vector<double> error(s.n_ff);
    std::vector<double> squares((s.n_ff + params.mlp_group - 1)/params.mlp_group);
    std::vector<double> squared_errors(squares.size());

    for (int64_t j = 0; j < s.n_ff; ++j) {
        const double act       = activation(m, gate.value[j]);
        const double act_error = 1.13*gate.error[j]; // the steepest that SiLU and GELU get

        h[j]     = gated ? act*up.value[j] : act;
        error[j] = gated ? act_error*(std::fabs(up.value[j]) + up.error[j]) + std::fabs(act)*up.error[j] : act_error;

        squares       [j/params.mlp_group] += act*act*squared_norms[j];
        squared_errors[j/params.mlp_group] += act_error*act_error*squared_norms[j];
    }

    if (params.mlp_criterion == SOL_MLP_NEURON) {
        const int64_t n_units = (int64_t) squares.size();
        const int64_t k       = oracle_count(knobs.mlp_keep, n_units);
        const auto *  kept    = choices.find(s.kind, il, i, rank);
        CHECK((kept == nullptr) == (k == n_units), "%s: a choice of units, though %d of %d are to be kept, or none", what, (int) k, (int) n_units);

        if (kept) {
            if (!choices.replaces) {
                std::vector<double> scores;
                for (int64_t u = 0; u < n_units; ++u) { // as far in favour of the choice as their error allows
                    scores.push_back(std::sqrt(squares[u]) + ((*kept)[u] ? 1.0 : -1.0)*std::sqrt(squared_errors[u]));
                }
                check_top(what, *kept, scores, {}, k);
            }
            for (int64_t j = 0; j < s.n_ff; ++j) {
                h[j]     = (*kept)[j/params.mlp_group] ? h[j]     : 0.0;
                error[j] = (*kept)[j/params.mlp_group] ? error[j] : 0.0;
            }
        }
    }

    const seen_product & down = product(weight_name(il, "down", s));
    CHECK(down.partial == skips(s, down), "%s: down is read %s", what, down.partial ? "in part" : "as a whole");

    const float * read  = down.in.row(i*std::max<int64_t>(1, s.n_experts_used) + rank);
    const double  table = has_gelu(m) && !down.partial ? 2e-3*max_magnitude(h) : 0.0; // GELU goes through a table of F16 in ggml-cpu

    for (int64_t j = 0; j < s.n_ff; ++j) {
        CHECK(std::fabs(read[j] - h[j]) <= (error[j] == 0.0 ? 1e-30 : error[j] + table), "%s: neuron %d is %g, expected %g", what, (int) j, read[j], h[j]);
    }
    return { read, read + s.n_ff };
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

            const std::vector<float> h        = check_hidden(what, s, il, i, rank, expert, input, knobs);
            const ggml_type          rounded  = down.partial && drops_any(s, il, down.in.n_rows) && ggml_is_quantized(down_weight->type)
                ? GGML_TYPE_Q8_0 : input_type(down_weight->type);
            const products           expected = multiply(*down_weight, expert*m.n_embd, m.n_embd, nullptr, h.data(), rounded);

            const float * out = down.out.row(i*std::max<int64_t>(1, s.n_experts_used) + rank);
            for (int64_t c = 0; c < m.n_embd; ++c) {
                CHECK(std::fabs(out[c] - expected.value[c]) <= expected.error[c], "%s: output %d is %g, expected %g ± %g", what, (int) c, out[c],
                        expected.value[c], expected.error[c]);
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
