// Down projections of which only some neurons are read: their weights with the neurons in the outer dimension.

#pragma once

#include "sol-weights.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// A matrix [n_ff, n_out], the same weights in another order. Eight neurons are a block, the least that can be left out; blocks with a
// scale of their own are a group (Q8_0, Q4_0, Q4_K: 4 blocks, Q6_K: 2), groups with a scale of theirs a super-block (K types: 256 neurons).
//   F16, BF16  [neuron][output]
//   the others for each super-block [output] its scales, then for each group [output] its scales, then for each block [8 outputs at a time]
//              of each output neurons 0…3 and then 4…7 (Q8_0), or bytes with neuron i in the low and i + 4 in the high half (the
//              others); for Q6_K then [output] two bytes of their upper bits, those of neurons 0…3 and of 4…7
class sol_down {
public:
    static constexpr int64_t BLOCK = 8;

    struct format;

    // Whether there is a layout for this type and shape.
    static bool supports(ggml_type type, int64_t n_ff, int64_t n_out);

    sol_down(ggml_type type, int64_t n_ff, int64_t n_out);

    // Stores row `o`: the weights of an output, as a GGUF has them. Different rows from different threads.
    void set_row(int64_t o, const char * bytes);

    struct token {
        const float *   h;    // [n_ff]
        const void *    h8;   // h as Q8_0, for the quantised types
        const uint8_t * keep; // [n_ff/8] the blocks that count; h of the others is 0
        float *         out;  // [o1 - o0]
    };

    // out[o - o0] = Σ w[o][j]·h[j] for outputs o0 … o1-1, multiples of 8, of each token. What several tokens keep is read once.
    void multiply(const token * tokens, int64_t n_tokens, int64_t o0, int64_t o1) const;

    bool is_quantized() const { return type != GGML_TYPE_F16 && type != GGML_TYPE_BF16; }

    size_t bytes() const { return data.size(); }

private:
    struct block_q8;

    // Where things lie, in bytes.
    size_t super_at(int64_t super) const;
    size_t group_at(int64_t group) const;
    size_t block_at(int64_t block) const;

    void set_quants(int64_t o, int64_t block, const uint8_t * weights);

    void multiply_rows(const token * tokens, int64_t n_tokens, int64_t o0, int64_t o1) const;

    template<ggml_type TYPE>
    void multiply_quants(const token * tokens, int64_t n_tokens, int64_t o0, int64_t o1) const;

    ggml_type      type;
    const format & layout;
    int64_t        n_ff;
    int64_t        n_out;

    std::vector<uint8_t> data;
};

// The matrices of a model, made when first asked for; thread-safe.
class sol_down_slabs {
public:
    explicit sol_down_slabs(const sol_weights & weights) : weights(weights) {}

    // Null for a type or shape without a layout, or when the files lack the tensor.
    const sol_down * get(const ggml_tensor * down);

    size_t bytes();

private:
    const sol_weights & weights;

    std::mutex mutex;
    std::map<std::string, std::unique_ptr<sol_down>> cache;
};
