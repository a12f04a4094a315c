#include "sol-kernels.h"

#include "sol-simd.h"

#include "ggml.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using f32x8 = sol_f32x8;

static constexpr int64_t PREFETCH = 6; // cells ahead

static float dot(const float * a, const float * b, int64_t n) {
    f32x8 sum0 = f32x8::all(0.0f);
    f32x8 sum1 = f32x8::all(0.0f);

    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        sum0 = sum0.plus_product(f32x8::load(a + i),     f32x8::load(b + i));
        sum1 = sum1.plus_product(f32x8::load(a + i + 8), f32x8::load(b + i + 8));
    }

    float res = (sum0 + sum1).sum();
    for (; i < n; ++i) {
        res += a[i]*b[i];
    }
    return res;
}

// Four rows, whole vectors: they share the loads of q, and one tree of additions.
template<typename V>
static void dots4(const float * rows, int64_t n, const float * q, float scale, float * out) {
    V sum[4] = { V::all(0.0f), V::all(0.0f), V::all(0.0f), V::all(0.0f) };

    for (int64_t i = 0; i < n; i += V::N) {
        const V x = V::load(q + i);

        sum[0] = sum[0].plus_product(x, V::load(rows       + i));
        sum[1] = sum[1].plus_product(x, V::load(rows +   n + i));
        sum[2] = sum[2].plus_product(x, V::load(rows + 2*n + i));
        sum[3] = sum[3].plus_product(x, V::load(rows + 3*n + i));
    }

    V::sum4(sum[0], sum[1], sum[2], sum[3], out);
    for (int i = 0; i < 4; ++i) {
        out[i] *= scale;
    }
}

void sol_dots(const float * rows, int64_t n_rows, int64_t n, const float * q, float scale, float * out) {
    int64_t r = 0;
    for (; n % f32x8::N == 0 && r + 4 <= n_rows; r += 4) {
        if (n % sol_f32xn::N == 0) {
            dots4<sol_f32xn>(rows + r*n, n, q, scale, out + r);
        } else {
            dots4<f32x8>(rows + r*n, n, q, scale, out + r);
        }
    }
    for (; r < n_rows; ++r) {
        out[r] = scale*dot(q, rows + r*n, n);
    }
}

// Rows share what is loaded and widened of x, which is as much work as a row of its own.
template<typename V, V LOAD(const uint16_t *)>
static void dots8(const uint16_t * rows, const uint16_t * ahead, int64_t stride, int64_t n, const uint16_t * x, float * out) {
    constexpr int64_t LINE = 32; // values that a prefetch brings

    V sum[8];
    for (V & s : sum) {
        s = V::all(0.0f);
    }

    for (int64_t line = 0; line < n; line += LINE) {
        for (int64_t r = 0; r < 8; ++r) {
            __builtin_prefetch(ahead + r*stride + line);
        }
        for (int64_t i = line; i < line + LINE; i += V::N) {
            const V y = LOAD(x + i);
            for (int64_t r = 0; r < 8; ++r) {
                sum[r] = sum[r].plus_product(y, LOAD(rows + r*stride + i));
            }
        }
    }

    V::sum4(sum[0], sum[1], sum[2], sum[3], out);
    V::sum4(sum[4], sum[5], sum[6], sum[7], out + 4);
}

void sol_dots8_f16(const uint16_t * rows, const uint16_t * ahead, int64_t stride, int64_t n, const uint16_t * x, float * out) {
    dots8<sol_f32xn, sol_f32xn::load_f16>(rows, ahead, stride, n, x, out);
}

void sol_dots8_bf16(const uint16_t * rows, const uint16_t * ahead, int64_t stride, int64_t n, const uint16_t * x, float * out) {
    dots8<sol_f32xn, sol_f32xn::load_bf16>(rows, ahead, stride, n, x, out);
}

float sol_max(const float * x, int64_t n, float least) {
    float res = least;

    int64_t i = 0;
    if (n >= 16) {
        f32x8 a = f32x8::load(x);
        f32x8 b = f32x8::load(x + 8);
        for (i = 16; i + 16 <= n; i += 16) {
            a = max(a, f32x8::load(x + i));
            b = max(b, f32x8::load(x + i + 8));
        }

        float lanes[8];
        max(a, b).store(lanes);
        for (const float lane : lanes) {
            res = std::max(res, lane);
        }
    }
    for (; i < n; ++i) {
        res = std::max(res, x[i]);
    }
    return res;
}

float sol_exp_sum(float * x, int64_t n, float max) {
    const f32x8 shift = f32x8::all(max);

    f32x8 sums = f32x8::all(0.0f);

    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const f32x8 e = f32x8::exp(f32x8::load(x + i) - shift);
        e.store(x + i);
        sums = sums + e;
    }

    float res = sums.sum();
    for (; i < n; ++i) {
        x[i] = std::exp(x[i] - max);
        res += x[i];
    }
    return res;
}

float sol_absmax(const float * x, int64_t n) {
    f32x8 greatest = f32x8::all(0.0f);

    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const f32x8 v = f32x8::load(x + i);
        greatest = max(max(v, f32x8::all(0.0f) - v), greatest); // the second where the first is NaN
    }

    float lanes[8];
    greatest.store(lanes);
    float res = *std::max_element(lanes, lanes + 8);
    for (; i < n; ++i) {
        res = std::max(res, std::fabs(x[i]));
    }
    return res;
}

void sol_round_to(float * x, int64_t n, float scale) {
    const f32x8 all = f32x8::all(scale);

    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        ((f32x8::load(x + i)/all).rounded()*all).store(x + i);
    }
    for (; i < n; ++i) {
        x[i] = std::round(x[i]/scale)*scale;
    }
}

static void note_greatest(sol_exponentials & e, float x) {
    e.second = std::max(e.second, std::min(e.first, x));
    e.first  = std::max(e.first, x);
}

sol_exponentials sol_sum_exponentials(const float * logits, int64_t n) {
    constexpr int64_t BLOCK = 1024; // that is summed up in F32

    sol_exponentials e = { -INFINITY, -INFINITY, 0.0, 0.0 };

    f32x8 first  = f32x8::all(-INFINITY);
    f32x8 second = first;

    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const f32x8 x = f32x8::load(logits + i);
        second = max(second, min(first, x));
        first  = max(first, x);
    }

    float lanes[16];
    first.store(lanes);
    second.store(lanes + 8);
    for (const float lane : lanes) {
        note_greatest(e, lane);
    }
    for (; i < n; ++i) {
        note_greatest(e, logits[i]);
    }

    const f32x8 shift = f32x8::all(e.first);
    const f32x8 least = f32x8::all(-100.0f); // of which exp is 0 as good as; −∞·0 would not be

    for (i = 0; i + 8 <= n; ) {
        f32x8 sums      = f32x8::all(0.0f);
        f32x8 distances = sums;

        for (const int64_t end = std::min(n - 7, i + BLOCK); i < end; i += 8) {
            const f32x8 x = max(f32x8::load(logits + i) - shift, least);
            const f32x8 p = f32x8::exp(x);
            sums      = sums + p;
            distances = distances.plus_product(p, x);
        }
        e.sum      += sums.sum();
        e.distance -= distances.sum();
    }
    for (; i < n; ++i) {
        const double x = std::max(logits[i] - e.first, -100.0f);
        e.sum      += std::exp(x);
        e.distance -= std::exp(x)*x;
    }
    return e;
}

// WIDTH vectors of columns of all rows, in registers.
template<typename V, int WIDTH>
static void add_weighted_columns(const float * rows, int64_t n_rows, int64_t n, const float * weights, float * acc, int64_t first) {
    V sum[WIDTH];
    for (int c = 0; c < WIDTH; ++c) {
        sum[c] = V::load(acc + first + V::N*c);
    }

    for (int64_t r = 0; r < n_rows; ++r) {
        const V w = V::all(weights[r]);
        for (int c = 0; c < WIDTH; ++c) {
            sum[c] = sum[c].plus_product(w, V::load(rows + r*n + first + V::N*c));
        }
    }

    for (int c = 0; c < WIDTH; ++c) {
        sum[c].store(acc + first + V::N*c);
    }
}

void sol_add_weighted(const float * rows, int64_t n_rows, int64_t n, const float * weights, float * acc) {
    using wide = sol_f32xn;

    int64_t i = 0;
    for (; i + 64 <= n; i += 64) {
        add_weighted_columns<wide, 64/wide::N>(rows, n_rows, n, weights, acc, i);
    }
    for (; i + 32 <= n; i += 32) {
        add_weighted_columns<wide, 32/wide::N>(rows, n_rows, n, weights, acc, i);
    }
    for (; i + 8 <= n; i += 8) {
        add_weighted_columns<f32x8, 1>(rows, n_rows, n, weights, acc, i);
    }
    for (; i < n; ++i) {
        for (int64_t r = 0; r < n_rows; ++r) {
            acc[i] += weights[r]*rows[r*n + i];
        }
    }
}

float sol_upper_bound(const float * q, const float * least, const float * greatest, int64_t n) {
    f32x8 sums = f32x8::all(0.0f);

    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const f32x8 x = f32x8::load(q + i);
        sums = sums + max(x*f32x8::load(least + i), x*f32x8::load(greatest + i));
    }

    float res = sums.sum();
    for (; i < n; ++i) {
        res += std::max(q[i]*least[i], q[i]*greatest[i]);
    }
    return res;
}

// Calls widen(row, out) for every row. A cell's rows are read one after the other, and those of a cell further on asked for: hardware does not
// foresee pieces far apart. The source is a copy, which nobody could write to through `rows`: then it stays in registers.
template<typename F>
static void for_each_row(const sol_kv_rows s, int64_t ne0, size_t row_bytes, float * rows, F widen) {
    const auto cell = [&](int64_t i) {
        return s.data + s.cell_stride*(size_t) *(const int32_t *) ((const char *) s.index + s.index_stride*i);
    };

    for (int64_t i = 0; i < s.n; ++i) {
        const char * src   = cell(i);
        const char * ahead = cell(std::min(i + PREFETCH, s.n_ahead - 1));

        for (int64_t h = 0; h < s.n_head; ++h) {
            for (size_t b = 0; b < row_bytes; b += 64) {
                __builtin_prefetch(ahead + h*s.head_stride + b);
            }
            widen(src + h*s.head_stride, rows + (h*s.n + i)*ne0);
        }
    }
}

// NE0: values in a row, whole vectors, so that there are no loops over them; or 0, for any number.
template<int64_t NE0>
static void widen_f16(const sol_kv_rows & s, float * rows) {
    const int64_t ne0 = NE0 > 0 ? NE0 : s.ne0;

    for_each_row(s, ne0, ne0*sizeof(uint16_t), rows, [=](const char * row, float * out) {
        const auto * src = (const uint16_t *) row;

        int64_t d = 0;
        for (; d + sol_f32xn::N <= ne0; d += sol_f32xn::N) {
            sol_f32xn::load_f16(src + d).store(out + d);
        }
        if constexpr (NE0 == 0) {
            for (; d < ne0; ++d) {
                out[d] = ggml_fp16_to_fp32(src[d]);
            }
        }
    });
}

void sol_widen_f16(const sol_kv_rows & s, float * rows) {
    switch (s.ne0) {
        case 32:  return widen_f16< 32>(s, rows);
        case 64:  return widen_f16< 64>(s, rows);
        case 128: return widen_f16<128>(s, rows);
        default:  return widen_f16<  0>(s, rows);
    }
}

void sol_widen_q8_0(const sol_kv_rows & s, float * rows) {
    constexpr int64_t QUANT = 32;
    constexpr int64_t BYTES = sizeof(uint16_t) + QUANT;

    for_each_row(s, s.ne0, s.ne0/QUANT*BYTES, rows, [ne0 = s.ne0](const char * row, float * out) {
        for (int64_t d = 0; d < ne0; d += QUANT, row += BYTES) {
            uint16_t scale;
            memcpy(&scale, row, sizeof(scale));

            const f32x8    all = f32x8::all(ggml_fp16_to_fp32(scale));
            const int8_t * q   = (const int8_t *) row + sizeof(scale);

            for (int64_t i = 0; i < QUANT; i += 8) {
                (all*f32x8::load_i8(q + i)).store(out + d + i);
            }
        }
    });
}
