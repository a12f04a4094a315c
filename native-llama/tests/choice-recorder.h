// Records the sets that the knobs choose, or has others used in their place.

#pragma once

#include "sol-choice.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <tuple>
#include <vector>

class choice_recorder : public sol_choice_observer {
public:
    using key = std::tuple<sol_choice_kind, int32_t, int32_t, int32_t>; // kind, layer, index in the batch, part

    bool replaces = false; // each set by a random one of the same size

    void on_choice(const sol_choice & choice, uint8_t * keep, int64_t n) override {
        const std::lock_guard<std::mutex> lock(mutex);

        if (replaces) {
            std::shuffle(keep, keep + n, rng);
        }
        sets[{ choice.kind, choice.il, choice.index, choice.part }].emplace_back(keep, keep + n);
    }

    // Null when nothing was dropped. `nth`: of several choices by one name, as in layers with two mixtures.
    const std::vector<uint8_t> * find(sol_choice_kind kind, int64_t il, int64_t index, int64_t part, size_t nth = 0) const {
        const auto it = sets.find({ kind, (int32_t) il, (int32_t) index, (int32_t) part });
        return it == sets.end() || nth >= it->second.size() ? nullptr : &it->second[nth];
    }

    int64_t count(sol_choice_kind kind) const {
        return std::count_if(sets.begin(), sets.end(), [&](const auto & set) { return std::get<0>(set.first) == kind; });
    }

    bool has_repeated() const {
        return std::any_of(sets.begin(), sets.end(), [](const auto & set) { return set.second.size() > 1; });
    }

    void clear() { sets.clear(); }

private:
    std::mutex   mutex;
    std::mt19937 rng { 77 };

    std::map<key, std::vector<std::vector<uint8_t>>> sets;
};
