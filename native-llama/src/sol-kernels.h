// The inner loops of attention over chosen positions: rows of keys or values in F32, [n_rows][n] without gaps. And those of scores and of rounding.

#pragma once

#include <cstddef>
#include <cstdint>

// out[r] = scale·(q·row r)
void sol_dots(const float * rows, int64_t n_rows, int64_t n, const float * q, float scale, float * out);

// Eight rows of n 16-bit floats, a multiple of 32, that lie `stride` apart: out[r] = row r · x. Asks for as much from `ahead` on, step by step.
using sol_dots8 = void (*)(const uint16_t * rows, const uint16_t * ahead, int64_t stride, int64_t n, const uint16_t * x, float * out);

void sol_dots8_f16 (const uint16_t * rows, const uint16_t * ahead, int64_t stride, int64_t n, const uint16_t * x, float * out);
void sol_dots8_bf16(const uint16_t * rows, const uint16_t * ahead, int64_t stride, int64_t n, const uint16_t * x, float * out);

// The greatest of x[n] and `least`.
float sol_max(const float * x, int64_t n, float least);

// x[i] = exp(x[i] − max); returns their sum. max: of x, or greater.
float sol_exp_sum(float * x, int64_t n, float max);

// acc[i] += Σ_r weights[r]·rows[r][i]
void sol_add_weighted(const float * rows, int64_t n_rows, int64_t n, const float * weights, float * acc);

// Σ_i max(q[i]·least[i], q[i]·greatest[i])
float sol_upper_bound(const float * q, const float * least, const float * greatest, int64_t n);

// Rows of the KV cache: for each of n cells those of n_head heads, [ne0] each, at data + cell_stride·index + head_stride·head. The
// indices lie index_stride bytes apart; n_ahead ≥ n of them can be read, of cells that will be wanted next.
struct sol_kv_rows {
    const char *    data;
    size_t          cell_stride;
    size_t          head_stride;
    int64_t         n_head;
    int64_t         ne0;
    const int32_t * index;
    size_t          index_stride;
    int64_t         n;
    int64_t         n_ahead;
};

// rows[n_head][n][ne0]
void sol_widen_f16 (const sol_kv_rows & source, float * rows);
void sol_widen_q8_0(const sol_kv_rows & source, float * rows);

// The greatest |x[i]|, NaN aside.
float sol_absmax(const float * x, int64_t n);

// x[i] = round(x[i]/scale)·scale, halves away from 0.
void sol_round_to(float * x, int64_t n, float scale);

// Of logits[n], of which one at least is finite, and others may be −∞.
struct sol_exponentials {
    float  first;    // the greatest
    float  second;   // the next; may be the same, or −∞
    double sum;      // Σ e, e = exp(logit − first)
    double distance; // Σ e·(first − logit)
};

sol_exponentials sol_sum_exponentials(const float * logits, int64_t n);
