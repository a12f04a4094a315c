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
        repeated |= !sets.emplace(key { choice.kind, choice.il, choice.index, choice.part }, std::vector<uint8_t>(keep, keep + n)).second;
    }

    // Null when nothing was dropped.
    const std::vector<uint8_t> * find(sol_choice_kind kind, int64_t il, int64_t index, int64_t part) const {
        const auto it = sets.find({ kind, (int32_t) il, (int32_t) index, (int32_t) part });
        return it == sets.end() ? nullptr : &it->second;
    }

    int64_t count(sol_choice_kind kind) const {
        return std::count_if(sets.begin(), sets.end(), [&](const auto & set) { return std::get<0>(set.first) == kind; });
    }

    bool has_repeated() const { return repeated; } // two sets for one choice

    void clear() {
        sets.clear();
        repeated = false;
    }

private:
    std::mutex   mutex;
    std::mt19937 rng { 77 };
    bool         repeated = false;

    std::map<key, std::vector<uint8_t>> sets;
};
