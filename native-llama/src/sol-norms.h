// Norms of MLP weights, the fixed factors of the neurons' scores.

#pragma once

#include "sol-weights.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

// Shared by the contexts of a model; thread-safe.
class sol_unit_norms {
public:
    explicit sol_unit_norms(const sol_weights & weights) : weights(weights) {}

    // For each of n_ff neurons ‖up_j‖₂·‖down_j‖₂: row `up_first + j` of `up` times column j of `down`; without `up` ‖down_j‖₂
    // alone. Weights of several experts: [n_ff, n_expert]. Null when the files lack the tensors in that shape. The array lives
    // as long as this object.
    const float * get(const ggml_tensor * up, int64_t up_first, const ggml_tensor * down, int64_t n_ff);

private:
    const sol_weights & weights;

    std::mutex mutex;
    std::map<std::tuple<std::string, int64_t, std::string>, std::vector<float>> cache;
};
