// Eight floats at once: AVX2 with FMA and F16C, or plain C++ that a compiler may vectorise; and sol_f32xn, which are sixteen where there is
// AVX-512. All give the same sums up to rounding. SOL_SIMD_VNNI: there are products of bytes, too.

#pragma once

#include <cstdint>

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__) && !defined(SOL_SIMD_PORTABLE)
#define SOL_SIMD_AVX2
#if defined(__AVX512F__) && !defined(SOL_SIMD_NO_AVX512)
#define SOL_SIMD_AVX512
#if defined(__AVX512BW__) && defined(__AVX512VNNI__)
#define SOL_SIMD_VNNI
#endif
#endif
// GCC 12 finds the operands that its own intrinsics leave undefined
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <cmath>
#include <cstring>
#endif

#include "ggml.h"

struct sol_f32x8 {
    static constexpr int N = 8;

#ifdef SOL_SIMD_AVX2
    __m256 v;

    static sol_f32x8 all(float x)                { return { _mm256_set1_ps(x) }; }
    static sol_f32x8 load(const float * p)       { return { _mm256_loadu_ps(p) }; }
    static sol_f32x8 load_f16(const uint16_t * p) { return { _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) p)) }; }

    static sol_f32x8 load_bf16(const uint16_t * p) {
        return { _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *) p)), 16)) };
    }

    static sol_f32x8 load_i8(const int8_t * p)    { return { _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *) p))) }; }

    void store(float * p) const { _mm256_storeu_ps(p, v); }

    // this + a·b
    sol_f32x8 plus_product(sol_f32x8 a, sol_f32x8 b) const { return { _mm256_fmadd_ps(a.v, b.v, v) }; }

    friend sol_f32x8 operator+(sol_f32x8 a, sol_f32x8 b) { return { _mm256_add_ps(a.v, b.v) }; }
    friend sol_f32x8 operator-(sol_f32x8 a, sol_f32x8 b) { return { _mm256_sub_ps(a.v, b.v) }; }
    friend sol_f32x8 operator*(sol_f32x8 a, sol_f32x8 b) { return { _mm256_mul_ps(a.v, b.v) }; }
    friend sol_f32x8 operator/(sol_f32x8 a, sol_f32x8 b) { return { _mm256_div_ps(a.v, b.v) }; }
    friend sol_f32x8 min(sol_f32x8 a, sol_f32x8 b)       { return { _mm256_min_ps(a.v, b.v) }; }
    friend sol_f32x8 max(sol_f32x8 a, sol_f32x8 b)       { return { _mm256_max_ps(a.v, b.v) }; }

    // As std::round: halves away from 0.
    sol_f32x8 rounded() const {
        const __m256 sign  = _mm256_and_ps(v, _mm256_set1_ps(-0.0f));
        const __m256 whole = _mm256_round_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
        const __m256 part  = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), _mm256_sub_ps(v, whole));
        const __m256 step  = _mm256_and_ps(_mm256_cmp_ps(part, _mm256_set1_ps(0.5f), _CMP_GE_OQ), _mm256_set1_ps(1.0f));

        return { _mm256_or_ps(_mm256_add_ps(whole, _mm256_or_ps(step, sign)), sign) };
    }

    // The sums of the lanes of four vectors.
    static void sum4(sol_f32x8 a, sol_f32x8 b, sol_f32x8 c, sol_f32x8 d, float * out) {
        const __m256 abcd = _mm256_hadd_ps(_mm256_hadd_ps(a.v, b.v), _mm256_hadd_ps(c.v, d.v));
        _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1)));
    }

    // eˣ for x ≤ 0, within 2 units in the last place; 0 below −87. After Cephes' expf.
    static sol_f32x8 exp(sol_f32x8 x) {
        const __m256 low = _mm256_set1_ps(-87.33654f);
        const __m256 n   = _mm256_round_ps(_mm256_mul_ps(_mm256_max_ps(x.v, low), _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        const __m256 r   = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), _mm256_max_ps(x.v, low)));

        __m256 p = _mm256_set1_ps(1.9875691500e-4f);
        p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.3981999507e-3f));
        p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(8.3334519073e-3f));
        p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.1665795894e-2f));
        p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.6666665459e-1f));
        p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(5.0000001201e-1f));
        p = _mm256_fmadd_ps(_mm256_mul_ps(p, r), r, _mm256_add_ps(r, _mm256_set1_ps(1.0f)));

        const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);

        return { _mm256_and_ps(_mm256_mul_ps(p, _mm256_castsi256_ps(power)), _mm256_cmp_ps(x.v, low, _CMP_GE_OQ)) };
    }
#else
    float v[N];

    template<typename F>
    static sol_f32x8 of(F f) {
        sol_f32x8 res;
        for (int i = 0; i < N; ++i) {
            res.v[i] = f(i);
        }
        return res;
    }

    static sol_f32x8 all(float x)                 { return of([=](int) { return x; }); }
    static sol_f32x8 load(const float * p)        { return of([=](int i) { return p[i]; }); }
    static sol_f32x8 load_f16(const uint16_t * p) { return of([=](int i) { return ggml_fp16_to_fp32(p[i]); }); }

    static sol_f32x8 load_bf16(const uint16_t * p) {
        return of([=](int i) {
            const uint32_t bits = (uint32_t) p[i] << 16;
            float x;
            memcpy(&x, &bits, sizeof(x));
            return x;
        });
    }

    static sol_f32x8 load_i8(const int8_t * p)    { return of([=](int i) { return (float) p[i]; }); }

    void store(float * p) const {
        for (int i = 0; i < N; ++i) {
            p[i] = v[i];
        }
    }

    sol_f32x8 plus_product(sol_f32x8 a, sol_f32x8 b) const { return of([&](int i) { return v[i] + a.v[i]*b.v[i]; }); }

    friend sol_f32x8 operator+(sol_f32x8 a, sol_f32x8 b) { return of([&](int i) { return a.v[i] + b.v[i]; }); }
    friend sol_f32x8 operator-(sol_f32x8 a, sol_f32x8 b) { return of([&](int i) { return a.v[i] - b.v[i]; }); }
    friend sol_f32x8 operator*(sol_f32x8 a, sol_f32x8 b) { return of([&](int i) { return a.v[i]*b.v[i]; }); }
    friend sol_f32x8 operator/(sol_f32x8 a, sol_f32x8 b) { return of([&](int i) { return a.v[i]/b.v[i]; }); }
    friend sol_f32x8 min(sol_f32x8 a, sol_f32x8 b)       { return of([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; }); }
    friend sol_f32x8 max(sol_f32x8 a, sol_f32x8 b)       { return of([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; }); }

    static void sum4(sol_f32x8 a, sol_f32x8 b, sol_f32x8 c, sol_f32x8 d, float * out) {
        out[0] = a.sum();
        out[1] = b.sum();
        out[2] = c.sum();
        out[3] = d.sum();
    }

    static sol_f32x8 exp(sol_f32x8 x) { return of([&](int i) { return std::exp(x.v[i]); }); }

    sol_f32x8 rounded() const { return of([&](int i) { return std::round(v[i]); }); }
#endif

    float sum() const {
        float x[N];
        store(x);
        return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
    }
};

#ifdef SOL_SIMD_AVX512
struct sol_f32x16 {
    static constexpr int N = 16;

    __m512 v;

    static sol_f32x16 all(float x)                  { return { _mm512_set1_ps(x) }; }
    static sol_f32x16 load(const float * p)         { return { _mm512_loadu_ps(p) }; }
    static sol_f32x16 load_f16(const uint16_t * p)  { return { _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) p)) }; }
    static sol_f32x16 load_bf16(const uint16_t * p) {
        return { _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *) p)), 16)) };
    }

    static sol_f32x16 load_i8(const int8_t * p) { return { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *) p))) }; }

    void store(float * p) const { _mm512_storeu_ps(p, v); }

    // this + a·b
    sol_f32x16 plus_product(sol_f32x16 a, sol_f32x16 b) const { return { _mm512_fmadd_ps(a.v, b.v, v) }; }

    friend sol_f32x16 operator-(sol_f32x16 a, sol_f32x16 b) { return { _mm512_sub_ps(a.v, b.v) }; }
    friend sol_f32x16 operator*(sol_f32x16 a, sol_f32x16 b) { return { _mm512_mul_ps(a.v, b.v) }; }

    // The sums of the lanes of four vectors.
    static void sum4(sol_f32x16 a, sol_f32x16 b, sol_f32x16 c, sol_f32x16 d, float * out) {
        sol_f32x8::sum4(a.halves(), b.halves(), c.halves(), d.halves(), out);
    }

private:
    // The one half and the other, added.
    sol_f32x8 halves() const {
        return { _mm256_add_ps(_mm512_castps512_ps256(v), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1))) };
    }
};

using sol_f32xn = sol_f32x16;
#else
using sol_f32xn = sol_f32x8;
#endif
