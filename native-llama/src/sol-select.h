// How many and which: the one definition of a keep rate and of a top-k choice.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

// ⌈keep · n⌉, at least 1. A keep rate such as 0.1f is not exactly a tenth: a millionth of n is forgiven, so that a tenth of
// 10 is 1 and not 2.
inline int64_t sol_keep_count(float keep, int64_t n) {
    const int64_t k = (int64_t) std::ceil((double) keep * (double) n - 1e-6 * (double) n);
    return std::clamp<int64_t>(k, 1, n);
}

// Marks the k largest of n scores in keep[n]; ties go to the lower index. Scores are not NaN. `keys` spares allocations.
//
// The greatest number that k scores reach is found bit by bit: counting is quick where sorting is not, and a few bits tell most sets apart.
inline void sol_select_top(const float * scores, int64_t n, int64_t k, uint8_t * keep, std::vector<uint32_t> & keys) {
    if (k >= n) {
        std::fill(keep, keep + n, 1);
        return;
    }

    keys.resize(n);
    for (int64_t i = 0; i < n; ++i) {
        const float score = scores[i] + 0.0f; // −0 is 0
        uint32_t    bits;
        memcpy(&bits, &score, sizeof(bits));
        keys[i] = bits ^ ((uint32_t) ((int32_t) bits >> 31) | 0x80000000u); // in the order of the scores
    }

    const auto count = [&](uint32_t least) {
        int32_t res = 0;
        for (int64_t i = 0; i < n; ++i) {
            res += keys[i] >= least;
        }
        return res;
    };

    uint32_t threshold = 0;
    int64_t  reached   = n;
    for (uint32_t bit = 0x80000000u; bit != 0 && reached > k; bit >>= 1) {
        const int64_t higher = count(threshold | bit);
        if (higher >= k) {
            threshold |= bit;
            reached    = higher;
        }
    }

    for (int64_t i = 0; i < n; ++i) {
        keep[i] = keys[i] >= threshold;
    }
    for (int64_t i = n - 1; reached > k; --i) { // ties at the threshold
        if (keys[i] == threshold) {
            keep[i] = 0;
            --reached;
        }
    }
}
