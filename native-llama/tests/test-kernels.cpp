// The inner loops of skipping against plain loops in double precision: attention's, the scores of neurons, the choice of the best, and down
// projections of which only some neurons are read. Built three times: as the library has them, and from their sources with SOL_SIMD_NO_AVX512
// and with SOL_SIMD_PORTABLE.
//
// Tolerances: a sum of n products in F32, in whatever order and with or without fused multiplication, is within n·2⁻²⁴·Σ|terms| of the
// exact one, and n/8 + a few additions make one lane of eight; (n/8 + 8)·2⁻²³ leaves a factor of two.

#include "sol-down.h"
#include "sol-kernels.h"
#include "sol-score.h"
#include "sol-select.h"

#include "test-support.h"

#include "ggml-cpu.h"
#include "ggml.h"

#include "llama-graph.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace {

const std::vector<int64_t> SIZES = { 0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 72, 100, 128, 130 };

constexpr double ULP = 0x1p-23;

double sum_tolerance(int64_t n, double magnitude) {
    return ((double) n/8 + 8)*ULP*magnitude + std::numeric_limits<float>::denorm_min();
}

// Where a write beyond the end would show.
constexpr float GUARD = 12345.0f;

// n values on any address that is a multiple of their size: `offset` elements behind an aligned one, in guards.
template<typename T>
class unaligned {
public:
    unaligned(int64_t n, int64_t offset, T guard) : n(n), offset(offset), guard(guard), all(offset + n + 8, guard) {}

    T * data() { return all.data() + offset; }

    const T * data() const { return all.data() + offset; }

    T & operator[](int64_t i) { return all[offset + i]; }

    std::vector<T> values() const { return { all.begin() + offset, all.begin() + offset + n }; }

    void check_guards(const char * what) const {
        for (int64_t i = 0; i < (int64_t) all.size(); ++i) {
            CHECK((i >= offset && i < offset + n) || all[i] == guard, "%s: wrote beyond its %d values, at %d", what, (int) n, (int) (i - offset));
        }
    }

private:
    const int64_t  n;
    const int64_t  offset;
    const T        guard;
    std::vector<T> all;
};

using floats = unaligned<float>;

floats random_floats(int64_t n, int64_t offset, std::mt19937 & rng, float stddev = 1.0f) {
    std::normal_distribution<float> normal(0.0f, stddev);

    floats res(n, offset, GUARD);
    for (int64_t i = 0; i < n; ++i) {
        res[i] = normal(rng);
    }
    return res;
}

void check_near(const char * what, int64_t i, double actual, double expected, double tolerance) {
    CHECK(std::fabs(actual - expected) <= tolerance, "%s: value %d is %.9g, expected %.9g ± %.2g", what, (int) i, actual, expected, tolerance);
}

//
// attention
//

void test_dots(std::mt19937 & rng) {
    for (const int64_t n : SIZES) {
        for (const int64_t n_rows : { 0, 1, 3, 4, 5, 8, 33 }) {
            char what[64];
            snprintf(what, sizeof(what), "dots of %d rows of %d", (int) n_rows, (int) n);

            const int64_t offset = (n + n_rows) % 4;
            floats        rows   = random_floats(n_rows*n, offset, rng);
            floats        q      = random_floats(n, 3 - offset, rng);
            floats        out(n_rows, offset, GUARD);

            const float scale = 0.37f;
            sol_dots(rows.data(), n_rows, n, q.data(), scale, out.data());

            for (int64_t r = 0; r < n_rows; ++r) {
                double expected  = 0.0;
                double magnitude = 0.0;
                for (int64_t i = 0; i < n; ++i) {
                    const double term = (double) scale*rows[r*n + i]*q[i];
                    expected  += term;
                    magnitude += std::fabs(term);
                }
                check_near(what, r, out[r], expected, sum_tolerance(n, magnitude));
            }
            out.check_guards(what);
        }
    }
}

// Values of a 16-bit type, and the same as floats.
unaligned<uint16_t> narrow(ggml_type type, const std::vector<float> & values, int64_t offset, std::vector<double> & exact) {
    unaligned<uint16_t> res((int64_t) values.size(), offset, 0x7FFF); // NaN
    std::vector<float>  widened(values.size());

    ggml_get_type_traits_cpu(type)->from_float(values.data(), res.data(), (int64_t) values.size());
    ggml_get_type_traits(type)->to_float(res.data(), widened.data(), (int64_t) values.size());
    exact.assign(widened.begin(), widened.end());
    return res;
}

void test_dots8(ggml_type type, std::mt19937 & rng) {
    for (const int64_t n : { 32, 64, 96, 160, 512, 1376 }) {
        for (const int64_t gap : { 0, 3 }) {
            char what[64];
            snprintf(what, sizeof(what), "eight dots of %d, %s", (int) n, ggml_type_name(type));

            const int64_t      stride = n + gap;
            std::vector<float> values = random_floats(8*stride, 0, rng).values();
            for (int64_t i = 0; i < 8*stride; ++i) {
                values[i] = i % stride < n ? values[i] : NAN;
            }
            std::vector<double>       w;
            std::vector<double>       x;
            const unaligned<uint16_t> rows = narrow(type, values, 1, w);
            const unaligned<uint16_t> q    = narrow(type, random_floats(n, 0, rng).values(), 3, x);
            floats                    out(8, 1, GUARD);

            (type == GGML_TYPE_F16 ? sol_dots8_f16 : sol_dots8_bf16)(rows.data(), rows.data(), stride, n, q.data(), out.data());

            for (int64_t r = 0; r < 8; ++r) {
                double expected  = 0.0;
                double magnitude = 0.0;
                for (int64_t i = 0; i < n; ++i) {
                    expected  += w[r*stride + i]*x[i];
                    magnitude += std::fabs(w[r*stride + i]*x[i]);
                }
                check_near(what, r, out[r], expected, sum_tolerance(n, magnitude));
            }
            out.check_guards(what);
        }
    }
}

void test_max(std::mt19937 & rng) {
    for (const int64_t n : SIZES) {
        for (int64_t at = 0; at < std::max<int64_t>(n, 1); ++at) { // the greatest anywhere
            floats x = random_floats(n, n % 3, rng);
            if (n > 0) {
                x[at] = 50.0f;
            }
            for (const float least : { -INFINITY, 0.0f, 49.0f, 60.0f }) {
                const float expected = n > 0 ? std::max(50.0f, least) : least;
                CHECK(sol_max(x.data(), n, least) == expected, "max of %d, greatest at %d, at least %g: %g", (int) n, (int) at, least, sol_max(x.data(), n, least));
            }
        }

        floats below = random_floats(n, 1, rng); // all negative: a lane of zeros would show
        for (int64_t i = 0; i < n; ++i) {
            below[i] = -1.0f - std::fabs(below[i]);
        }
        const auto  values   = below.values();
        const float expected = n > 0 ? *std::max_element(values.begin(), values.end()) : -INFINITY;
        CHECK(sol_max(below.data(), n, -INFINITY) == expected, "max of %d negative values: %g, expected %g", (int) n, sol_max(below.data(), n, -INFINITY), expected);
    }
}

// The bits of std::round, halves and what is not finite included.
void test_round_to(std::mt19937 & rng) {
    for (const int64_t n : SIZES) {
        floats x = random_floats(n, 1, rng);
        for (int64_t i = 0; i < n; ++i) {
            const float odd[] = { 0.5f, -0.5f, 2.5f, -3.5f, 0.49999997f, -0.0f, INFINITY, std::numeric_limits<float>::quiet_NaN() };
            x[i] = i % 3 == 0 ? odd[i/3 % 8] : x[i];
        }

        float absmax = 0.0f;
        for (const float v : x.values()) {
            absmax = std::max(absmax, std::fabs(v));
        }
        CHECK(sol_absmax(x.data(), n) == absmax, "absmax of %d: %g, expected %g", (int) n, sol_absmax(x.data(), n), absmax);

        for (const float scale : { 1.0f, 0.37f }) {
            floats res = x;
            sol_round_to(res.data(), n, scale);
            res.check_guards("rounded");
            for (int64_t i = 0; i < n; ++i) {
                const float expected = std::round(x[i]/scale)*scale;
                CHECK(std::isnan(expected) ? std::isnan(res[i]) : memcmp(&res[i], &expected, sizeof(float)) == 0,
                        "%g to %g: %g, expected %g", x[i], scale, res[i], expected);
            }
        }
    }
}

// exp to 2 units in the last place, as sol-simd.h says, and one for the subtraction of what is up to 100 in size
void test_exp_sum(std::mt19937 & rng) {
    for (const int64_t n : SIZES) {
        for (const float spread : { 1.0f, 10.0f, 40.0f }) {
            char what[64];
            snprintf(what, sizeof(what), "exp of %d, spread %g", (int) n, spread);

            floats       x      = random_floats(n, n % 3, rng, spread);
            const auto   values = x.values();
            const float  max    = n > 0 ? *std::max_element(values.begin(), values.end()) + (spread == 1.0f ? 0.5f : 0.0f) : 0.0f;
            const float  sum    = sol_exp_sum(x.data(), n, max);

            double expected = 0.0;
            for (int64_t i = 0; i < n; ++i) {
                const float  shifted = values[i] - max;
                const double e       = std::exp((double) shifted);
                check_near(what, i, x[i], e, 2*ULP*e + (shifted < -87.0f ? 1.3e-38 : 0.0)); // where it may be 0
                expected += e;
            }
            check_near(what, -1, sum, expected, sum_tolerance(n, expected));
            x.check_guards(what);
        }
    }

    // steps that a table or a wrong reduction of the range would miss
    for (int i = 0; i <= 87*64; i += 8) {
        float x[8];
        for (int j = 0; j < 8; ++j) {
            x[j] = -(float) (i + j)/64.0f;
        }
        float e[8];
        memcpy(e, x, sizeof(x));
        sol_exp_sum(e, 8, 0.0f);
        for (int j = 0; j < 8; ++j) {
            check_near("exp", i + j, e[j], std::exp((double) x[j]), (2*ULP)*std::exp((double) x[j]));
        }
    }

    // what is out of sight of the greatest is nothing, masked or not
    for (const int64_t n : { 3, 8, 17 }) {
        std::vector<float> x(n, -INFINITY);
        x[0] = 2.0f;
        x[1] = -1e30f;
        const float sum = sol_exp_sum(x.data(), n, 2.0f);
        CHECK(sum == 1.0f && x[0] == 1.0f, "one logit among %d: sum %.9g", (int) n, sum);
        for (int64_t i = 1; i < n; ++i) {
            CHECK(x[i] == 0.0f, "exp(−∞) at %d is %g", (int) i, x[i]);
        }
    }
}

void test_add_weighted(std::mt19937 & rng) {
    for (const int64_t n : SIZES) {
        for (const int64_t n_rows : { 0, 1, 2, 5, 32 }) {
            char what[64];
            snprintf(what, sizeof(what), "weighted sum of %d rows of %d", (int) n_rows, (int) n);

            floats     rows    = random_floats(n_rows*n, 1, rng);
            floats     weights = random_floats(n_rows, 2, rng);
            floats     acc     = random_floats(n, 3, rng);
            const auto before  = acc.values();

            sol_add_weighted(rows.data(), n_rows, n, weights.data(), acc.data());

            for (int64_t i = 0; i < n; ++i) {
                double expected  = before[i];
                double magnitude = std::fabs(before[i]);
                for (int64_t r = 0; r < n_rows; ++r) {
                    const double term = (double) weights[r]*rows[r*n + i];
                    expected  += term;
                    magnitude += std::fabs(term);
                }
                check_near(what, i, acc[i], expected, sum_tolerance(8*n_rows, magnitude)); // one chain of additions
            }
            acc.check_guards(what);
        }
    }
}

void test_upper_bound(std::mt19937 & rng) {
    for (const int64_t n : SIZES) {
        floats q        = random_floats(n, 1, rng);
        floats least    = random_floats(n, 2, rng);
        floats greatest = random_floats(n, 3, rng);

        double expected  = 0.0;
        double magnitude = 0.0;
        for (int64_t i = 0; i < n; ++i) {
            if (least[i] > greatest[i]) {
                std::swap(least[i], greatest[i]);
            }
            const double term = std::max((double) q[i]*least[i], (double) q[i]*greatest[i]);
            expected  += term;
            magnitude += std::fabs(term);
        }
        check_near("upper bound", n, sol_upper_bound(q.data(), least.data(), greatest.data(), n), expected, sum_tolerance(n, magnitude));
    }
}

// Cells in any order, more than once, of a cache whose heads lie in other places than the rows they become; exact, since every value of F16
// and every product of a scale of F16 and 8 bits is one of F32.
void test_widen(ggml_type type, int64_t ne0, int64_t n_head, bool cells_outside, std::mt19937 & rng) {
    const int64_t n_cells    = 40;
    const size_t  row_bytes  = ggml_row_size(type, ne0);
    const size_t  slack      = 6; // so that rows are aligned to 2 bytes only
    const size_t  head_bytes = cells_outside ? row_bytes + slack : n_cells*(row_bytes + slack);
    const size_t  cell_bytes = cells_outside ? n_head*head_bytes : row_bytes + slack;

    std::vector<char>  cache(2 + n_cells*n_head*(row_bytes + slack));
    std::vector<float> exact(n_cells*n_head*ne0);

    for (int64_t c = 0; c < n_cells; ++c) {
        for (int64_t h = 0; h < n_head; ++h) {
            floats            row = random_floats(ne0, 0, rng, 3.0f);
            std::vector<char> bytes(row_bytes);

            ggml_quantize_chunk(type, row.data(), bytes.data(), 0, 1, ne0, nullptr);
            if (ne0 > 0) {
                ggml_get_type_traits(type)->to_float(bytes.data(), exact.data() + (c*n_head + h)*ne0, ne0);
            }
            std::copy(bytes.begin(), bytes.end(), cache.begin() + 2 + c*cell_bytes + h*head_bytes);
        }
    }

    struct listed { // as attention has them: the index is a part of something
        int32_t pos;
        int32_t cell;
        int32_t other;
    };

    for (const int64_t n : { 0, 1, 2, 5, 6, 7, 32 }) {
        for (const int64_t n_more : { 0, 1, 9 }) {
            std::vector<listed> list(std::max<int64_t>(1, n + n_more));
            for (auto & l : list) {
                l = { -1, (int32_t) (rng() % n_cells), 1 << 30 };
            }

            const sol_kv_rows source = { cache.data() + 2, cell_bytes, head_bytes, n_head, ne0, &list[0].cell, sizeof(listed), n, n + n_more };

            floats out(n_head*n*ne0, 1, GUARD);
            (type == GGML_TYPE_F16 ? sol_widen_f16 : sol_widen_q8_0)(source, out.data());

            for (int64_t h = 0; h < n_head; ++h) {
                for (int64_t i = 0; i < n; ++i) {
                    CHECK(memcmp(out.data() + (h*n + i)*ne0, exact.data() + (list[i].cell*n_head + h)*ne0, ne0*sizeof(float)) == 0,
                            "%s, rows of %d: cell %d, head %d is not as it is stored", ggml_type_name(type), (int) ne0, (int) i, (int) h);
                }
            }
            out.check_guards(ggml_type_name(type));
        }
    }
}

void test_attention() {
    std::mt19937 rng(1);

    test_dots(rng);
    test_dots8(GGML_TYPE_F16, rng);
    test_dots8(GGML_TYPE_BF16, rng);
    test_max(rng);
    test_round_to(rng);
    test_exp_sum(rng);
    test_add_weighted(rng);
    test_upper_bound(rng);

    for (const bool cells_outside : { true, false }) {
        for (const int64_t n_head : { 1, 3 }) {
            for (const int64_t ne0 : { 1, 7, 8, 9, 16, 17, 32, 64, 100, 128 }) {
                test_widen(GGML_TYPE_F16, ne0, n_head, cells_outside, rng);
            }
            for (const int64_t ne0 : { 32, 64, 96, 128, 256 }) {
                test_widen(GGML_TYPE_Q8_0, ne0, n_head, cells_outside, rng);
            }
        }
    }
    printf("attention's loops\n");
}

//
// the choice of the best
//

// Against sorting all of them, by score and then by index.
void check_select(const char * what, const std::vector<float> & scores) {
    const int64_t n = (int64_t) scores.size();

    std::vector<int64_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });

    std::vector<uint32_t> scratch;
    for (int64_t k = 1; k <= n; k += n < 100 ? 1 : n/37) {
        std::vector<uint8_t> keep(n, 2);
        sol_select_top(scores.data(), n, k, keep.data(), scratch);

        for (int64_t i = 0; i < n; ++i) {
            CHECK(keep[order[i]] == (i < k), "%s: the best %d of %d: %d at %d, which is number %d", what, (int) k, (int) n, keep[order[i]], (int) order[i], (int) i);
        }
    }
}

void test_select() {
    std::mt19937 rng(4);

    constexpr float INF = std::numeric_limits<float>::infinity();

    for (const int64_t n : { 1, 2, 3, 7, 8, 9, 63, 64, 65, 1000, 14336 }) {
        std::normal_distribution<float>        any;
        std::uniform_int_distribution<int64_t> few(-2, 2);

        std::vector<float> scores(n);
        std::generate(scores.begin(), scores.end(), [&] { return any(rng); });
        check_select("scores", scores);

        std::generate(scores.begin(), scores.end(), [&] { return std::ldexp(any(rng), (int) few(rng)*70); });
        check_select("scores of all sizes", scores);

        std::generate(scores.begin(), scores.end(), [&] { return (float) few(rng)*0.5f; });
        check_select("ties", scores);

        const float special[] = { -INF, -0.0f, 0.0f, std::numeric_limits<float>::denorm_min(), INF };
        std::generate(scores.begin(), scores.end(), [&] { return special[few(rng) + 2]; });
        check_select("special values", scores);
    }
    printf("the choice of the best\n");
}

//
// scores
//

double activation(llm_ffn_op_type type_op, double beta, double x) {
    switch (type_op) {
        case LLM_FFN_GELU:
        case LLM_FFN_GEGLU:          return 0.5*x*(1.0 + std::tanh(std::sqrt(2.0/M_PI)*(x + 0.044715*x*x*x)));
        case LLM_FFN_RELU:
        case LLM_FFN_REGLU:          return std::max(x, 0.0);
        case LLM_FFN_RELU_SQR:       return std::pow(std::max(x, 0.0), 2);
        case LLM_FFN_SWIGLU_OAI_MOE: return std::min(x, 7.0)/(1.0 + std::exp(-1.702*std::min(x, 7.0)));
        case LLM_FFN_SITU:           return beta*std::tanh(x/beta)/(1.0 + std::exp(-x));
        default:                     return x/(1.0 + std::exp(-x));
    }
}

void test_activate() {
    const std::vector<llm_ffn_op_type> types = { LLM_FFN_SILU, LLM_FFN_GELU, LLM_FFN_RELU, LLM_FFN_RELU_SQR, LLM_FFN_SWIGLU, LLM_FFN_GEGLU, LLM_FFN_REGLU,
        LLM_FFN_SWIGLU_OAI_MOE, LLM_FFN_SITU };

    std::mt19937 rng(2);

    for (const auto type_op : types) {
        for (const int64_t n : SIZES) {
            floats gate = random_floats(n, n % 4, rng, 4.0f);
            for (int64_t i = 0; i < n; ++i) {
                if (rng() % 4 == 0) {
                    const std::vector<float> special = { 0.0f, -0.0f, 1e-30f, -1e-30f, 20.0f, -20.0f, 80.0f, -80.0f, 1e4f, -1e4f };
                    gate[i] = special[rng() % special.size()];
                }
            }
            floats act(n, 3, GUARD);
            sol_activate(type_op, 1.7f, gate.data(), n, act.data());

            for (int64_t i = 0; i < n; ++i) {
                // tanh(x) + 1 of a negative x cancels: its error is one of 1
                const bool   cancels  = type_op == LLM_FFN_GELU || type_op == LLM_FFN_GEGLU;
                const double expected = activation(type_op, 1.7f, gate[i]);
                const double absolute = cancels ? 4*ULP*std::fabs(gate[i]) : 1e-30;
                // exponents of size |x| are rounded to 2⁻²⁴ of it
                check_near("activation", i, act[i], expected, (8 + std::min(std::fabs(gate[i]), 90.0f))*ULP*std::fabs(expected) + absolute);
            }
            act.check_guards("activation");

            // in place, as the ops use it
            floats same = gate;
            sol_activate(type_op, 1.7f, same.data(), n, same.data());
            CHECK(same.values() == act.values(), "activation %d of %d values in place is another", (int) type_op, (int) n);
        }
    }
}

void test_score_units() {
    std::mt19937 rng(3);

    for (const int64_t n_ff : { 1, 7, 8, 9, 32, 33, 100, 128 }) {
        for (const int64_t group : { 1, 8, 32 }) {
            floats        act     = random_floats(n_ff, 1, rng);
            floats        norms   = random_floats(n_ff, 2, rng);
            const int64_t n_units = (n_ff + group - 1)/group;

            std::vector<double> expected(n_units);
            for (int64_t j = 0; j < n_ff; ++j) {
                expected[j/group] += std::pow((double) act[j]*norms[j], 2);
            }

            for (const int64_t n_parts : { 1, 2, 3 }) { // as threads share them out
                floats scores(n_units, 1, GUARD);
                for (int64_t p = 0; p < n_parts; ++p) {
                    sol_score_units(act.data(), norms.data(), n_ff, group, n_units*p/n_parts, n_units*(p + 1)/n_parts, scores.data());
                }
                for (int64_t u = 0; u < n_units; ++u) {
                    check_near("score", u, scores[u], expected[u], (group + 4)*ULP*expected[u]);
                }
                scores.check_guards("score");
            }

            // a score that is not a number would make choices undefined
            act[n_ff - 1] = NAN;
            std::vector<float> scores(n_units);
            sol_score_units(act.data(), norms.data(), n_ff, group, 0, n_units, scores.data());
            CHECK(scores[n_units - 1] == 0.0f, "the score of a damaged unit is %g", scores[n_units - 1]);
        }
    }
    printf("scores\n");
}

//
// down projections
//

struct down_case {
    ggml_type type;
    int64_t   n_ff;
    int64_t   n_out;

    std::vector<float> weights; // [n_out][n_ff], as the type has them
    std::unique_ptr<sol_down> slabs;

    down_case(ggml_type type, int64_t n_ff, int64_t n_out, std::mt19937 & rng) : type(type), n_ff(n_ff), n_out(n_out), weights(n_out*n_ff) {
        floats            exact = random_floats(n_out*n_ff, 0, rng);
        std::vector<char> bytes(ggml_row_size(type, n_ff)*n_out);

        // the greatest codes of all signs, too
        for (int64_t i = 0; i < n_out*n_ff; i += 37) {
            exact[i] = i % 2 ? 5.0f : -5.0f;
        }

        ggml_quantize_chunk(type, exact.data(), bytes.data(), 0, n_out, n_ff, nullptr);
        ggml_get_type_traits(type)->to_float(bytes.data(), weights.data(), n_out*n_ff);

        slabs = std::make_unique<sol_down>(type, n_ff, n_out);
        std::vector<int64_t> order(n_out);
        for (int64_t o = 0; o < n_out; ++o) {
            order[o] = o;
        }
        std::shuffle(order.begin(), order.end(), rng); // threads set them in any
        for (const int64_t o : order) {
            slabs->set_row(o, bytes.data() + o*ggml_row_size(type, n_ff));
        }
        const bool scales_widened = type == GGML_TYPE_Q4_K; // from 6 bits to 8
        CHECK(slabs->bytes() == bytes.size() + (scales_widened ? n_out*n_ff/256*4 : 0), "%zu bytes instead of %zu", slabs->bytes(), bytes.size());
    }
};

enum class pattern { NONE, FIRST, LAST, RANDOM, SPARSE, ALL };

struct down_token {
    std::vector<float>   h;
    std::vector<char>    h8;
    std::vector<uint8_t> keep;
    std::vector<float>   used; // what is multiplied: h, or h8 as F32

    down_token(const down_case & c, pattern p, std::mt19937 & rng) : h(c.n_ff), keep(c.n_ff/sol_down::BLOCK), used(c.n_ff) {
        for (size_t b = 0; b < keep.size(); ++b) {
            switch (p) {
                case pattern::NONE:   keep[b] = 0;                     break;
                case pattern::FIRST:  keep[b] = b == 0;                break;
                case pattern::LAST:   keep[b] = b == keep.size() - 1;  break;
                case pattern::RANDOM: keep[b] = rng() % 2;             break;
                case pattern::SPARSE: keep[b] = rng() % 8 == 0;        break;
                case pattern::ALL:    keep[b] = 1;                     break;
            }
        }

        std::normal_distribution<float> normal(0.0f, 2.0f);
        for (int64_t j = 0; j < c.n_ff; ++j) {
            h[j] = keep[j/sol_down::BLOCK] ? normal(rng) : 0.0f;
            if (j % 8 == 3) {
                h[j] = 0.0f; // a neuron that is dropped in a block that counts
            }
        }

        used = h;
        if (c.slabs->is_quantized()) {
            h8.resize(ggml_row_size(GGML_TYPE_Q8_0, c.n_ff));
            ggml_get_type_traits_cpu(GGML_TYPE_Q8_0)->from_float(h.data(), h8.data(), c.n_ff);
            ggml_get_type_traits(GGML_TYPE_Q8_0)->to_float(h8.data(), used.data(), c.n_ff);

            // what must not be read
            for (int64_t j = 0; j < c.n_ff; ++j) {
                h[j] = NAN;
            }
        }
    }
};

// Products of 8-bit numbers are exact; what is rounded is d·d and a sum over quant blocks. Rows are one chain of additions for each output.
double down_tolerance(const down_case & c, double magnitude) {
    const double n_terms = c.slabs->is_quantized() ? c.n_ff/16.0 : (double) c.n_ff;
    const double parts   = c.type == GGML_TYPE_Q4_K ? 8.0 : 1.0; // whose terms are differences of greater ones
    return (n_terms + 4)*ULP*magnitude*parts + 1e-30;
}

void check_down(const down_case & c, const std::vector<down_token> & tokens, const std::vector<int64_t> & bounds) {
    std::vector<std::vector<float>> out(tokens.size(), std::vector<float>(c.n_out, GUARD));

    for (size_t r = 0; r + 1 < bounds.size(); ++r) {
        std::vector<floats>          parts;
        std::vector<sol_down::token> views;
        for (size_t t = 0; t < tokens.size(); ++t) {
            parts.emplace_back(bounds[r + 1] - bounds[r], t % 4, GUARD);
        }
        for (size_t t = 0; t < tokens.size(); ++t) {
            views.push_back({ tokens[t].h.data(), tokens[t].h8.data(), tokens[t].keep.data(), parts[t].data() });
        }

        c.slabs->multiply(views.data(), (int64_t) views.size(), bounds[r], bounds[r + 1]);

        for (size_t t = 0; t < tokens.size(); ++t) {
            parts[t].check_guards("down");
            const auto values = parts[t].values();
            std::copy(values.begin(), values.end(), out[t].begin() + bounds[r]);
        }
    }

    for (size_t t = 0; t < tokens.size(); ++t) {
        char what[96];
        snprintf(what, sizeof(what), "down %s %d × %d, token %zu of %zu, %zu parts", ggml_type_name(c.type), (int) c.n_ff, (int) c.n_out, t, tokens.size(), bounds.size() - 1);

        for (int64_t o = 0; o < c.n_out; ++o) {
            double expected  = 0.0;
            double magnitude = 0.0;
            for (int64_t j = 0; j < c.n_ff; ++j) {
                const double term = tokens[t].keep[j/sol_down::BLOCK] ? (double) tokens[t].used[j]*c.weights[o*c.n_ff + j] : 0.0;
                expected  += term;
                magnitude += std::fabs(term);
            }
            check_near(what, o, out[t][o], expected, down_tolerance(c, magnitude));
        }
    }
}

void test_down_shape(ggml_type type, int64_t n_ff, int64_t n_out, std::mt19937 & rng) {
    CHECK(sol_down::supports(type, n_ff, n_out), "%s of %d × %d has no layout", ggml_type_name(type), (int) n_ff, (int) n_out);

    const down_case c(type, n_ff, n_out, rng);

    const std::vector<pattern> patterns = { pattern::NONE, pattern::FIRST, pattern::LAST, pattern::RANDOM, pattern::SPARSE, pattern::ALL };

    // threads share out the outputs in eights; some get none
    const int64_t half = n_out/16*8;
    const std::vector<std::vector<int64_t>> splits = { { 0, n_out }, { 0, half, n_out }, { 0, 0, 8, n_out } };

    for (const pattern p : patterns) {
        for (const auto & bounds : splits) {
            check_down(c, { down_token(c, p, rng) }, bounds);
        }
    }
    for (size_t n_tokens = 2; n_tokens <= 5; ++n_tokens) {
        for (size_t first = 0; first < patterns.size(); ++first) {
            std::vector<down_token> tokens;
            for (size_t t = 0; t < n_tokens; ++t) {
                tokens.emplace_back(c, patterns[(first + t*(n_tokens - 1)) % patterns.size()], rng);
            }
            check_down(c, tokens, splits[(first + n_tokens) % splits.size()]);
        }
    }
    check_down(c, {}, { 0, n_out });
}

void test_down() {
    std::mt19937 rng(4);

    for (const ggml_type type : { GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0, GGML_TYPE_Q4_K, GGML_TYPE_Q6_K }) {
        const int64_t least = ggml_blck_size(type) > 32 ? ggml_blck_size(type) : 32;

        for (const int64_t n : { 1, 2, 3, 13 }) {
            for (const int64_t n_out : { 8, 16, 24, 72, 200 }) {
                if (n*least < 1000) {
                    test_down_shape(type, n*least, n_out, rng);
                }
            }
        }
        test_down_shape(type, least == 32 ? 1376 : 1536, 520, rng);

        CHECK(least == 32 || !sol_down::supports(type, 128, 64), "a layout for neurons that fill no super-block");
        CHECK(!sol_down::supports(type, 100, 64) && !sol_down::supports(type, 48, 64), "a layout for neurons that fill no quant block");
        CHECK(!sol_down::supports(type, 64, 100) && !sol_down::supports(type, 64, 4),  "a layout for outputs that are no multiple of 8");
    }
    for (const ggml_type type : { GGML_TYPE_F32, GGML_TYPE_Q5_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_K, GGML_TYPE_Q8_K }) {
        CHECK(!sol_down::supports(type, 256, 64), "a layout for %s", ggml_type_name(type));
    }
    printf("down projections\n");
}

// Codes of Q4_0 and Q8_0 at the ends of their ranges, where sums of 16 bits might not suffice.
void test_down_extremes() {
    for (const ggml_type type : { GGML_TYPE_Q8_0, GGML_TYPE_Q4_0 }) {
        for (const int weight : { 0, 1, -1 }) {
            const int64_t     n_ff  = 32;
            const int64_t     n_out = 8;
            std::vector<char> row(ggml_row_size(type, n_ff));

            const uint16_t one = ggml_fp32_to_fp16(1.0f);
            memcpy(row.data(), &one, sizeof(one));
            for (size_t i = sizeof(one); i < row.size(); ++i) {
                row[i] = (char) (type == GGML_TYPE_Q8_0 ? 127*weight : weight > 0 ? 0xFF : weight < 0 ? 0x00 : 0x88);
            }
            const double value = type == GGML_TYPE_Q8_0 ? 127*weight : weight > 0 ? 7 : weight < 0 ? -8 : 0;

            sol_down slabs(type, n_ff, n_out);
            for (int64_t o = 0; o < n_out; ++o) {
                slabs.set_row(o, row.data());
            }

            for (const int activation : { 127, -127 }) {
                std::vector<char>    h8(ggml_row_size(GGML_TYPE_Q8_0, n_ff), (char) activation);
                std::vector<uint8_t> keep(n_ff/8, 1);
                std::vector<float>   out(n_out);
                memcpy(h8.data(), &one, sizeof(one));

                const sol_down::token token = { nullptr, h8.data(), keep.data(), out.data() };
                slabs.multiply(&token, 1, 0, n_out);
                for (const float x : out) {
                    CHECK(x == value*activation*n_ff, "%s: 32 times %g times %d is %g", ggml_type_name(type), value, activation, x);
                }
            }
        }
    }
}

// The same for the K types: all quants the greatest or 0, scales of 1.
void test_down_extremes_k() {
    for (const ggml_type type : { GGML_TYPE_Q4_K, GGML_TYPE_Q6_K }) {
        for (const int quants : { 0x00, 0xFF }) {
            const int64_t     n_ff  = 256;
            const int64_t     n_out = 8;
            std::vector<char> row(ggml_row_size(type, n_ff), (char) quants);

            const uint16_t one = ggml_fp32_to_fp16(1.0f);
            if (type == GGML_TYPE_Q4_K) { // d, dmin, eight scales and eight minima of six bits, quants
                memcpy(row.data(),     &one, 2);
                memcpy(row.data() + 2, &one, 2);
                memset(row.data() + 4, 1, 8);
                memset(row.data() + 12, 0x11, 4);
            } else { // quants, sixteen scales, d
                memset(row.data() + 192, 1, 16);
                memcpy(row.data() + 208, &one, 2);
            }
            std::vector<float> weights(n_ff);
            ggml_get_type_traits(type)->to_float(row.data(), weights.data(), n_ff);

            sol_down slabs(type, n_ff, n_out);
            for (int64_t o = 0; o < n_out; ++o) {
                slabs.set_row(o, row.data());
            }

            for (const int activation : { 127, -127 }) {
                const size_t         block = ggml_type_size(GGML_TYPE_Q8_0);
                std::vector<char>    h8(ggml_row_size(GGML_TYPE_Q8_0, n_ff), (char) activation);
                std::vector<uint8_t> keep(n_ff/8, 1);
                std::vector<float>   out(n_out);
                for (size_t i = 0; i < h8.size(); i += block) {
                    memcpy(h8.data() + i, &one, sizeof(one));
                }

                double expected = 0.0;
                for (const float w : weights) {
                    expected += (double) w*activation;
                }

                const sol_down::token token = { nullptr, h8.data(), keep.data(), out.data() };
                slabs.multiply(&token, 1, 0, n_out);
                for (const float x : out) {
                    CHECK(x == expected, "%s: quants %d times %d are %g, expected %g", ggml_type_name(type), quants, activation, x, expected);
                }
            }
        }
    }
}

} // namespace

int main() {
    return run_test([] {
        test_attention();
        test_select();
        test_activate();
        test_score_units();
        test_down();
        test_down_extremes();
        test_down_extremes_k();
    });
}
