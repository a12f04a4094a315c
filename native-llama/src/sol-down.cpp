#include "sol-down.h"

#include "sol-simd.h"

#define GGML_COMMON_DECL_CPP
#include "ggml-common.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

// How a type lies in memory, in bytes for each output.
struct sol_down::format {
    int64_t group;        // neurons
    int64_t super;        // neurons
    size_t  super_scales;
    size_t  group_scales;
    size_t  block;

    int64_t blocks() const { return group/BLOCK; } // of a group
};

// h as Q8_0
struct sol_down::block_q8 {
    ggml_fp16_t d;
    int8_t      qs[QK8_0];
};

namespace {

constexpr int64_t BLOCK = sol_down::BLOCK;
constexpr int64_t LINE  = 64; // bytes that a prefetch brings

using f32x8 = sol_f32x8;

// What is read after this. Hardware does not foresee where that is, and by the time it would notice a piece of a few kilobytes is over: so
// each step through one piece asks for the same part of the next.
struct next_pieces {
    int             n = 0;
    const uint8_t * at    [10];
    size_t          stride[10]; // bytes for each output

    void add(const uint8_t * p, size_t bytes) {
        at    [n] = p;
        stride[n] = bytes;
        ++n;
    }

    // For `count` outputs from o.
    void ask(int64_t o, int64_t count) const {
        for (int i = 0; i < n; ++i) {
            if (o*stride[i] % LINE < count*stride[i]) {
                __builtin_prefetch(at[i] + o*stride[i]);
            }
        }
    }
};

// The blocks of a group that count.
struct kept_blocks {
    int             n = 0;
    const int8_t *  h[4]; // their activations
    const uint8_t * w[4]; // their weights
    int             sum = 0; // of the activations
};

// Where the scales of a group lie, for all outputs.
struct scales {
    const uint8_t * super;
    const uint8_t * group;
};

//
// Σ w·h for 8 outputs: products of whole numbers
//

#ifdef SOL_SIMD_AVX2
__m256i all4(const int8_t * p) {
    int32_t x;
    memcpy(&x, p, 4);
    return _mm256_set1_epi32(x);
}

// pairs of 8-bit products: w is not negative
__m256i pairs_of(__m256i w, const int8_t * h) { return _mm256_maddubs_epi16(w, all4(h)); }

__m256i load(const uint8_t * p) { return _mm256_loadu_si256((const __m256i *) p); }

__m256i low_half (__m256i x) { return _mm256_and_si256(x, _mm256_set1_epi8(15)); }
__m256i high_half(__m256i x) { return low_half(_mm256_srli_epi16(x, 4)); }

// Of 8 outputs neurons 0…3 (half 0) or 4…7 (half 1) have two upper bits each in p[2·output + half]: here at 4 and 5 of their bytes.
__m256i upper_bits(const uint8_t * p, int half) {
    const __m256i four   = _mm256_setr_epi8(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6, 8, 8, 8, 8, 10, 10, 10, 10, 12, 12, 12, 12, 14, 14, 14, 14);
    const __m256i lut    = _mm256_setr_epi8(0, 16, 32, 48, 16, 0, 0, 0, 32, 0, 0, 0, 48, 0, 0, 0, 0, 16, 32, 48, 16, 0, 0, 0, 32, 0, 0, 0, 48, 0, 0, 0);
    const __m256i mask01 = _mm256_set1_epi32(0x00000c03);
    const __m256i mask23 = _mm256_set1_epi32(0x0c030000);

    const __m256i bytes = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) p));
    const __m256i x     = _mm256_shuffle_epi8(bytes, _mm256_add_epi8(four, _mm256_set1_epi8((char) half)));

    return _mm256_shuffle_epi8(lut, _mm256_or_si256(_mm256_and_si256(x, mask01), _mm256_and_si256(_mm256_srli_epi16(x, 4), mask23)));
}

template<ggml_type TYPE, int N>
void sum_products(const kept_blocks & kept, int64_t o, int64_t n_out, f32x8 & res) {
    const __m256i ones = _mm256_set1_epi16(1);

    __m256i sums = _mm256_setzero_si256();

    if constexpr (TYPE == GGML_TYPE_Q8_0) {
        (void) n_out;
        for (int b = 0; b < N; ++b) {
            for (int half = 0; half < 2; ++half) {
                const __m256i w = load(kept.w[b] + 8*o + 32*half);
                const __m256i h = all4(kept.h[b] + 4*half);

                sums = _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(h), _mm256_sign_epi8(w, h)), ones));
            }
        }
    } else if constexpr (TYPE == GGML_TYPE_Q6_K) {
        for (int b = 0; b < N; ++b) {
            const __m256i w  = load(kept.w[b] + 4*o);
            const auto *  up = kept.w[b] + 4*n_out + 2*o;

            // 16 bits suffice: 2·2·63·127 < 2¹⁵
            const __m256i pairs = _mm256_add_epi16(
                    pairs_of(_mm256_or_si256(low_half (w), upper_bits(up, 0)), kept.h[b]),
                    pairs_of(_mm256_or_si256(high_half(w), upper_bits(up, 1)), kept.h[b] + 4));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, ones));
        }
    } else {
        (void) n_out;
        __m256i pairs = _mm256_setzero_si256(); // 16 bits suffice: 4·2·2·15·127 < 2¹⁵
        for (int b = 0; b < N; ++b) {
            const __m256i w = load(kept.w[b] + 4*o);

            pairs = _mm256_add_epi16(pairs, pairs_of(low_half (w), kept.h[b]));
            pairs = _mm256_add_epi16(pairs, pairs_of(high_half(w), kept.h[b] + 4));
        }
        sums = _mm256_madd_epi16(pairs, ones);
    }
    res = { _mm256_cvtepi32_ps(sums) };
}
#else
template<ggml_type TYPE>
int weight_of(const uint8_t * block, int64_t o, int64_t i, int64_t n_out) {
    if (TYPE == GGML_TYPE_Q8_0) {
        return (int8_t) block[o/8*64 + i/4*32 + o%8*4 + i%4];
    }
    const uint8_t w   = block[4*o + i%4];
    const int     low = i < 4 ? w & 15 : w >> 4;

    return TYPE == GGML_TYPE_Q6_K ? low | (block[4*n_out + 2*o + i/4] >> 2*(i%4) & 3) << 4 : low;
}

template<ggml_type TYPE, int N>
void sum_products(const kept_blocks & kept, int64_t o, int64_t n_out, f32x8 & res) {
    res = f32x8::of([&](int r) {
        int sum = 0;
        for (int b = 0; b < N; ++b) {
            for (int64_t i = 0; i < BLOCK; ++i) {
                sum += weight_of<TYPE>(kept.w[b], o + r, i, n_out)*kept.h[b][i];
            }
        }
        return (float) sum;
    });
}
#endif

#ifdef SOL_SIMD_VNNI
__m512i all4x16(const int8_t * p) {
    int32_t x;
    memcpy(&x, p, 4);
    return _mm512_set1_epi32(x);
}

// For 16 outputs, of types whose weights are halves of bytes and nothing else.
template<ggml_type TYPE, int N>
void sum_products(const kept_blocks & kept, int64_t o, int64_t /*n_out*/, sol_f32x16 & res) {
    static_assert(TYPE == GGML_TYPE_Q4_0 || TYPE == GGML_TYPE_Q4_K);

    const __m512i half = _mm512_set1_epi8(15);

    __m512i sums = _mm512_setzero_si512();
    for (int b = 0; b < N; ++b) {
        const __m512i w = _mm512_loadu_si512(kept.w[b] + 4*o);

        sums = _mm512_dpbusd_epi32(sums, _mm512_and_si512(w, half),                       all4x16(kept.h[b]));
        sums = _mm512_dpbusd_epi32(sums, _mm512_and_si512(_mm512_srli_epi16(w, 4), half), all4x16(kept.h[b] + 4));
    }
    res = { _mm512_cvtepi32_ps(sums) };
}
#endif

//
// out[o0 … o1) += the kept blocks of a group
//

const ggml_fp16_t * halves(const uint8_t * p) { return (const ggml_fp16_t *) p; }

// One vector of outputs.
template<typename V, ggml_type TYPE, int N>
void add_group_at(const kept_blocks & kept, const scales & s, float scale, int64_t n_out, int64_t o, float * out) {
    const V sum_h = V::all((float) kept.sum);

    V sums;
    sum_products<TYPE, N>(kept, o, n_out, sums);
    V d = V::all(scale);

    if constexpr (TYPE == GGML_TYPE_Q8_0) {
        d = d*V::load_f16(halves(s.group) + o);
    } else if constexpr (TYPE == GGML_TYPE_Q4_0) {
        d    = d*V::load_f16(halves(s.group) + o);
        sums = sums - V::all(8.0f)*sum_h;
    } else if constexpr (TYPE == GGML_TYPE_Q6_K) {
        d    = d*V::load_f16(halves(s.super) + o)*V::load_i8((const int8_t *) s.group + o);
        sums = sums - V::all(32.0f)*sum_h;
    } else { // Q4_K: scales of 6 bits for the quants, and for what is taken off them
        const V least = V::load_f16(halves(s.super) + n_out + o)*V::load_i8((const int8_t *) s.group + n_out + o);

        sums = V::load_f16(halves(s.super) + o)*V::load_i8((const int8_t *) s.group + o)*sums - least*sum_h;
    }

    V::load(out).plus_product(d, sums).store(out);
}

template<ggml_type TYPE, int N>
void add_group(const kept_blocks & kept, const scales & s, float scale, int64_t n_out, int64_t o0, int64_t o1, float * out, const next_pieces & next) {
    int64_t o = o0;
#ifdef SOL_SIMD_VNNI
    if constexpr (TYPE == GGML_TYPE_Q4_0 || TYPE == GGML_TYPE_Q4_K) {
        for (; o + 16 <= o1; o += 16) {
            next.ask(o, 16);
            add_group_at<sol_f32x16, TYPE, N>(kept, s, scale, n_out, o, out + o - o0);
        }
    }
#endif
    for (; o < o1; o += 8) {
        next.ask(o, 8);
        add_group_at<f32x8, TYPE, N>(kept, s, scale, n_out, o, out + o - o0);
    }
}

// out[0 … WIDTH vectors) += h[0]·w[0] + … + h[7]·w[7], rows of n_out, in registers. Asks for as much from `ahead` on.
template<typename V, bool BF16, int WIDTH>
void add_rows_at(const uint16_t * w, const uint16_t * ahead, int64_t n_out, const float * h, float * out) {
    V sum[WIDTH];
    for (int c = 0; c < WIDTH; ++c) {
        sum[c] = V::load(out + V::N*c);
    }
    for (int64_t j = 0; j < BLOCK; ++j) {
        for (size_t at = 0; at < sizeof(uint16_t)*V::N*WIDTH; at += LINE) {
            __builtin_prefetch((const char *) (ahead + j*n_out) + at);
        }
        const V x = V::all(h[j]);
        for (int c = 0; c < WIDTH; ++c) {
            const uint16_t * p = w + j*n_out + V::N*c;
            sum[c] = sum[c].plus_product(x, BF16 ? V::load_bf16(p) : V::load_f16(p));
        }
    }
    for (int c = 0; c < WIDTH; ++c) {
        sum[c].store(out + V::N*c);
    }
}

// Of outputs o0 … o1 − 1; w and ahead from output 0 on
template<bool BF16>
void add_rows(const uint16_t * w, const uint16_t * ahead, int64_t n_out, const float * h, int64_t o0, int64_t o1, float * out) {
    using wide = sol_f32xn;

    int64_t o = o0;
    for (; o + 64 <= o1; o += 64) {
        add_rows_at<wide, BF16, 64/wide::N>(w + o, ahead + o, n_out, h, out + o - o0);
    }
    for (; o + 32 <= o1; o += 32) {
        add_rows_at<wide, BF16, 32/wide::N>(w + o, ahead + o, n_out, h, out + o - o0);
    }
    for (; o < o1; o += 8) {
        add_rows_at<f32x8, BF16, 1>(w + o, ahead + o, n_out, h, out + o - o0);
    }
}

// Whether any token keeps one of these blocks.
bool any_keeps(const sol_down::token * tokens, int64_t n_tokens, int64_t block, int64_t n) {
    for (int64_t t = 0; t < n_tokens; ++t) {
        for (int64_t b = block; b < block + n; ++b) {
            if (tokens[t].keep[b]) {
                return true;
            }
        }
    }
    return false;
}

} // namespace

//
// layout
//

static const sol_down::format & format_of(ggml_type type);

bool sol_down::supports(ggml_type type, int64_t n_ff, int64_t n_out) {
    switch (type) {
        case GGML_TYPE_F16:
        case GGML_TYPE_BF16:
        case GGML_TYPE_Q8_0:
        case GGML_TYPE_Q4_0:
        case GGML_TYPE_Q4_K:
        case GGML_TYPE_Q6_K: return n_ff % format_of(type).super == 0 && n_out % 8 == 0;
        default:             return false;
    }
}

static const sol_down::format & format_of(ggml_type type) {
    //                                    group super super_scales group_scales block
    static const sol_down::format wide = {   32,   32,           0,           0,   16 };
    static const sol_down::format q8_0 = {   32,   32,           0,           2,    8 };
    static const sol_down::format q4_0 = {   32,   32,           0,           2,    4 };
    static const sol_down::format q4_K = {   32,  256,           4,           2,    4 };
    static const sol_down::format q6_K = {   16,  256,           2,           1,    6 };

    switch (type) {
        case GGML_TYPE_F16:
        case GGML_TYPE_BF16: return wide;
        case GGML_TYPE_Q8_0: return q8_0;
        case GGML_TYPE_Q4_0: return q4_0;
        case GGML_TYPE_Q4_K: return q4_K;
        case GGML_TYPE_Q6_K: return q6_K;
        default:             throw std::invalid_argument(std::string("no layout for down projections of ") + ggml_type_name(type));
    }
}

sol_down::sol_down(ggml_type type, int64_t n_ff, int64_t n_out) :
        type(type), layout(format_of(type)), n_ff(n_ff), n_out(n_out), data(super_at(n_ff/layout.super)) {}

size_t sol_down::super_at(int64_t super) const {
    return super*n_out*(layout.super_scales + layout.super/layout.group*(layout.group_scales + layout.blocks()*layout.block));
}

size_t sol_down::group_at(int64_t group) const {
    const int64_t n = layout.super/layout.group;

    return super_at(group/n) + n_out*(layout.super_scales + group%n*(layout.group_scales + layout.blocks()*layout.block));
}

size_t sol_down::block_at(int64_t block) const {
    return group_at(block/layout.blocks()) + n_out*(layout.group_scales + block%layout.blocks()*layout.block);
}

// The weights of a block, without scales, as numbers from 0 (Q8_0: as they are).
void sol_down::set_quants(int64_t o, int64_t block, const uint8_t * weights) {
    uint8_t * dst = data.data() + block_at(block);

    if (type == GGML_TYPE_Q8_0) {
        memcpy(dst + o/8*64      + o%8*4, weights,     4);
        memcpy(dst + o/8*64 + 32 + o%8*4, weights + 4, 4);
        return;
    }
    for (int i = 0; i < 4; ++i) {
        dst[4*o + i] = (uint8_t) ((weights[i] & 15) | (weights[i + 4] & 15) << 4);
    }
    for (int half = 0; half < 2 && type == GGML_TYPE_Q6_K; ++half) {
        uint8_t & upper = dst[4*n_out + 2*o + half];
        upper = 0;
        for (int i = 0; i < 4; ++i) {
            upper |= (uint8_t) (weights[4*half + i] >> 4 << 2*i);
        }
    }
}

void sol_down::set_row(int64_t o, const char * bytes) {
    if (!is_quantized()) {
        for (int64_t j = 0; j < n_ff; ++j) {
            memcpy(data.data() + (j*n_out + o)*sizeof(uint16_t), bytes + j*sizeof(uint16_t), sizeof(uint16_t));
        }
        return;
    }

    uint8_t weights[QK_K];

    for (int64_t s = 0; s < n_ff/layout.super; ++s) {
        const int64_t first = s*layout.super/layout.group; // group

        uint8_t * super_scales = data.data() + super_at(s);
        uint8_t * group_scales = data.data() + group_at(first);
        const size_t stride    = group_at(first + 1) - group_at(first);

        const char * src = bytes + s*ggml_type_size(type);

        switch (type) {
            case GGML_TYPE_Q8_0: {
                const auto * b = (const block_q8_0 *) src;
                memcpy(group_scales + 2*o, &b->d, 2);
                memcpy(weights, b->qs, QK8_0);
            } break;
            case GGML_TYPE_Q4_0: {
                const auto * b = (const block_q4_0 *) src;
                memcpy(group_scales + 2*o, &b->d, 2);
                for (int i = 0; i < QK4_0/2; ++i) {
                    weights[i]           = b->qs[i] & 15;
                    weights[i + QK4_0/2] = b->qs[i] >> 4;
                }
            } break;
            case GGML_TYPE_Q4_K: {
                const auto * b = (const block_q4_K *) src;
                memcpy(super_scales + 2*o,           src,     2); // d
                memcpy(super_scales + 2*(n_out + o), src + 2, 2); // dmin
                for (int g = 0; g < 8; ++g) { // as ggml's get_scale_min_k4
                    const uint8_t * q = b->scales;
                    group_scales[g*stride + o]         = g < 4 ? q[g] & 63     : (q[g + 4] & 15) | (q[g - 4] >> 6) << 4;
                    group_scales[g*stride + n_out + o] = g < 4 ? q[g + 4] & 63 : (q[g + 4] >> 4) | (q[g] >> 6) << 4;
                    for (int i = 0; i < 32; ++i) {
                        weights[32*g + i] = g % 2 ? b->qs[g/2*32 + i] >> 4 : b->qs[g/2*32 + i] & 15;
                    }
                }
            } break;
            default: { // Q6_K
                const auto * b = (const block_q6_K *) src;
                memcpy(super_scales + 2*o, &b->d, 2);
                for (int j = 0; j < QK_K; ++j) { // as ggml's dequantize_row_q6_K
                    const int part = j%128/32;
                    const int l    = j%32;

                    const uint8_t low   = b->ql[j/128*64 + part%2*32 + l];
                    const uint8_t upper = b->qh[j/128*32 + l] >> 2*part;

                    weights[j] = (uint8_t) ((part < 2 ? low & 15 : low >> 4) | (upper & 3) << 4);
                }
                for (int g = 0; g < 16; ++g) {
                    group_scales[g*stride + o] = (uint8_t) b->scales[g];
                }
            }
        }

        for (int64_t b = 0; b < layout.super/BLOCK; ++b) {
            set_quants(o, s*layout.super/BLOCK + b, weights + b*BLOCK);
        }
    }
}

//
// products
//

void sol_down::multiply(const token * tokens, int64_t n_tokens, int64_t o0, int64_t o1) const {
    for (int64_t t = 0; t < n_tokens; ++t) {
        std::fill(tokens[t].out, tokens[t].out + (o1 - o0), 0.0f);
    }

    switch (type) {
        case GGML_TYPE_Q8_0: multiply_quants<GGML_TYPE_Q8_0>(tokens, n_tokens, o0, o1); break;
        case GGML_TYPE_Q4_0: multiply_quants<GGML_TYPE_Q4_0>(tokens, n_tokens, o0, o1); break;
        case GGML_TYPE_Q4_K: multiply_quants<GGML_TYPE_Q4_K>(tokens, n_tokens, o0, o1); break;
        case GGML_TYPE_Q6_K: multiply_quants<GGML_TYPE_Q6_K>(tokens, n_tokens, o0, o1); break;
        default:             multiply_rows(tokens, n_tokens, o0, o1);
    }
}

void sol_down::multiply_rows(const token * tokens, int64_t n_tokens, int64_t o0, int64_t o1) const {
    const auto add = type == GGML_TYPE_BF16 ? add_rows<true> : add_rows<false>;

    const int64_t n_blocks = n_ff/BLOCK;

    const auto next_kept = [&](int64_t b) {
        while (b < n_blocks && !any_keeps(tokens, n_tokens, b, 1)) {
            ++b;
        }
        return b;
    };

    for (int64_t b = next_kept(0); b < n_blocks; ) {
        const int64_t after = next_kept(b + 1);

        const auto * w     = (const uint16_t *) data.data() + b*BLOCK*n_out;
        const auto * ahead = after < n_blocks ? w + (after - b)*BLOCK*n_out : w;

        for (int64_t t = 0; t < n_tokens; ++t) {
            if (tokens[t].keep[b]) {
                add(w, ahead, n_out, tokens[t].h + b*BLOCK, o0, o1, tokens[t].out);
            }
        }
        b = after;
    }
}

template<ggml_type TYPE>
void sol_down::multiply_quants(const token * tokens, int64_t n_tokens, int64_t o0, int64_t o1) const {
    using add = void (*)(const kept_blocks &, const scales &, float, int64_t, int64_t, int64_t, float *, const next_pieces &);

    static const add add_of[] = { nullptr, add_group<TYPE, 1>, add_group<TYPE, 2>, add_group<TYPE, 3>, add_group<TYPE, 4> };

    const int64_t n_groups = n_ff/layout.group;
    const int64_t n_blocks = layout.blocks();

    const auto next_kept = [&](int64_t g) {
        while (g < n_groups && !any_keeps(tokens, n_tokens, g*n_blocks, n_blocks)) {
            ++g;
        }
        return g;
    };

    for (int64_t g = next_kept(0); g < n_groups; ) {
        const int64_t after = next_kept(g + 1);

        next_pieces next; // a super-block's scales are few
        if (after < n_groups) {
            const uint8_t * group_scales = data.data() + group_at(after);

            if (TYPE == GGML_TYPE_Q4_K) {
                next.add(group_scales,         1);
                next.add(group_scales + n_out, 1);
            } else {
                next.add(group_scales, layout.group_scales);
            }
            for (int64_t b = after*n_blocks; b < (after + 1)*n_blocks; ++b) {
                if (any_keeps(tokens, n_tokens, b, 1)) {
                    next.add(data.data() + block_at(b), TYPE == GGML_TYPE_Q6_K ? 4 : layout.block);
                    if (TYPE == GGML_TYPE_Q6_K) {
                        next.add(data.data() + block_at(b) + 4*n_out, 2);
                    }
                }
            }
        }

        const scales s = { data.data() + super_at(g*layout.group/layout.super), data.data() + group_at(g) };

        for (int64_t t = 0; t < n_tokens; ++t) {
            const int64_t    j = g*layout.group;
            const block_q8 & h = ((const block_q8 *) tokens[t].h8)[j/QK8_0];

            kept_blocks kept;
            for (int64_t b = 0; b < n_blocks; ++b) {
                if (tokens[t].keep[g*n_blocks + b]) {
                    kept.h[kept.n] = h.qs + j%QK8_0 + b*BLOCK;
                    kept.w[kept.n] = data.data() + block_at(g*n_blocks + b);
                    for (int64_t i = 0; i < BLOCK; ++i) {
                        kept.sum += kept.h[kept.n][i];
                    }
                    ++kept.n;
                }
            }
            if (kept.n > 0) {
                add_of[kept.n](kept, s, ggml_fp16_to_fp32(h.d), n_out, o0, o1, tokens[t].out, next);
                next.n = 0;
            }
        }
        g = after;
    }
}

//
// of a model
//

const sol_down * sol_down_slabs::get(const ggml_tensor * down) {
    const auto * source = weights.find(down);

    if (!source || source->type != down->type || down->ne[2] != 1 || !sol_down::supports(down->type, down->ne[0], down->ne[1])) {
        return nullptr;
    }

    const std::lock_guard<std::mutex> lock(mutex);

    auto & res = cache[down->name];
    if (!res) {
        auto made = std::make_unique<sol_down>(down->type, down->ne[0], down->ne[1]);

        sol_weights::for_each_row(*source, down->ne[0], 0, down->ne[1], sol_weights::threads_for(down->ne[1]),
                [&](int, int64_t o, const char * bytes) { made->set_row(o, bytes); });

        res = std::move(made);
    }
    return res.get();
}

size_t sol_down_slabs::bytes() {
    const std::lock_guard<std::mutex> lock(mutex);

    size_t res = 0;
    for (const auto & entry : cache) {
        res += entry.second->bytes();
    }
    return res;
}
