// Norms of MLP weights, the fixed factors of the neurons' scores.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

struct ggml_tensor;

// Reads weights from the model's GGUF files, since a tensor that a backend has repacked cannot be read back. Shared by the
// contexts of a model; thread-safe.
class sol_unit_norms {
public:
    explicit sol_unit_norms(const std::string & path);
    ~sol_unit_norms();

    // For each of n_ff neurons ‖up_j‖₂·‖down_j‖₂: row `up_first + j` of `up` times column j of `down`; without `up` ‖down_j‖₂
    // alone. Weights of several experts: [n_ff, n_expert]. Null when the files lack the tensors in that shape. The array lives
    // as long as this object.
    const float * get(const ggml_tensor * up, int64_t up_first, const ggml_tensor * down, int64_t n_ff);

private:
    struct tensor_source; // where a tensor's data lies

    const tensor_source * find(const ggml_tensor * t) const;

    std::map<std::string, std::unique_ptr<tensor_source>> sources; // by tensor name

    std::mutex mutex;
    std::map<std::tuple<std::string, int64_t, std::string>, std::vector<float>> cache;
};
