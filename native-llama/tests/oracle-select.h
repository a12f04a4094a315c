// How many a keep rate keeps, and whether a set is one that it may keep.

#pragma once

#include "test-support.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

// ⌈keep · n⌉ for keep rates that are multiples of a twentieth, as those of the tests are.
inline int64_t oracle_count(float keep, int64_t n) {
    const int64_t twentieths = std::lround(keep*20.0);
    return std::max<int64_t>(1, (twentieths*n + 19)/20);
}

// `kept` holds the `forced` and the best others by score, k in all; scores within 1e-3 of the worst kept one may fall either way.
inline void check_top(const char * what, const std::vector<uint8_t> & kept, const std::vector<double> & scores, const std::vector<uint8_t> & forced, int64_t k) {
    CHECK(kept.size() == scores.size(), "%s: a choice from %zu, expected from %zu", what, kept.size(), scores.size());

    std::vector<double> others;
    int64_t n_kept    = 0;
    double  magnitude = 0.0;
    for (size_t i = 0; i < kept.size(); ++i) {
        n_kept += kept[i] != 0;
        if (forced.empty() || !forced[i]) {
            others.push_back(scores[i]);
            magnitude = std::max(magnitude, std::fabs(scores[i]));
        } else {
            CHECK(kept[i], "%s: %zu of %zu is dropped, but forced", what, i, kept.size());
        }
    }
    CHECK(n_kept == k, "%s: kept %d of %zu, expected %d", what, (int) n_kept, kept.size(), (int) k);

    const int64_t n_others = k - (int64_t) (kept.size() - others.size());
    std::sort(others.rbegin(), others.rend());

    // a score may be negative: what is within a thousandth of the threshold is measured at its size, but not below the
    // noise of sums of such scores
    const auto slack = [&](double threshold) { return 1e-3*std::fabs(threshold) + 1e-6*magnitude; };

    for (size_t i = 0; i < kept.size(); ++i) {
        if (!forced.empty() && forced[i]) {
            continue;
        }
        if (kept[i]) {
            const double threshold = others[n_others - 1];
            CHECK(scores[i] >= threshold - slack(threshold), "%s: kept %zu with score %g < %g", what, i, scores[i], threshold);
        } else if (n_others > 0) {
            const double threshold = others[n_others - 1];
            CHECK(scores[i] <= threshold + slack(threshold), "%s: dropped %zu with score %g > %g", what, i, scores[i], threshold);
        }
    }
}
