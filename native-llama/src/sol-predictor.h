// A predictor of the gate of each MLP, from a GGUF beside the model's: gate ≈ out·(in·x), two matrices of low rank.
//
// The file: `sol.predictor.version` 1; for each layer that has one `blk.N.sol_gate_in.weight` [n_embd, rank] and
// `blk.N.sol_gate_out.weight` [rank, n_ff], of types that ggml's CPU backend multiplies.

#pragma once

#include "sol-down.h"

#include "ggml-cpp.h"

#include <map>
#include <memory>
#include <string>

struct llama_model;

class sol_predictor {
public:
    // Throws sol_error for a file that is no predictor, or one for a model of another shape.
    sol_predictor(const std::string & path, const llama_model & model);

    struct layer {
        ggml_tensor * in  = nullptr;
        ggml_tensor * out = nullptr;

        std::unique_ptr<sol_down> columns; // `out` in an order that suits its short rows; null for a type or rank without one
    };

    // Null when the file has none for the layer.
    const layer * get(int il) const;

    size_t bytes() const;

private:
    ggml_context_ptr        context;
    ggml_backend_buffer_ptr buffer;
    std::map<int, layer>    layers;
};
