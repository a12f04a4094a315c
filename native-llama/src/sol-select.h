// How many and which: the one definition of a keep rate and of a top-k choice.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

// ⌈keep · n⌉, at least 1. A keep rate such as 0.1f is not exactly a tenth: a millionth of n is forgiven, so that a tenth of
// 10 is 1 and not 2.
inline int64_t sol_keep_count(float keep, int64_t n) {
    const int64_t k = (int64_t) std::ceil((double) keep * (double) n - 1e-6 * (double) n);
    return std::clamp<int64_t>(k, 1, n);
}

// Marks the k largest of n scores in keep[n]; ties go to the lower index. Scores are not NaN. `scratch` spares allocations.
inline void sol_select_top(const float * scores, int64_t n, int64_t k, uint8_t * keep, std::vector<float> & scratch) {
    if (k >= n) {
        std::fill(keep, keep + n, 1);
        return;
    }

    scratch.assign(scores, scores + n);
    std::nth_element(scratch.begin(), scratch.begin() + (k - 1), scratch.end(), std::greater<float>());

    const float threshold = scratch[k - 1];

    int64_t above = 0;
    int64_t equal = 0;
    for (int64_t i = 0; i < n; ++i) {
        above += scores[i] > threshold;
        equal += scores[i] == threshold;
    }

    if (above + equal == k) { // no ties to decide
        for (int64_t i = 0; i < n; ++i) {
            keep[i] = scores[i] >= threshold;
        }
        return;
    }

    int64_t at_threshold = k - above;
    for (int64_t i = 0; i < n; ++i) {
        keep[i] = scores[i] > threshold || (scores[i] == threshold && at_threshold-- > 0);
    }
}
