// The model behind sol.h's opaque handle.

#pragma once

#include "sol-down.h"
#include "sol-norms.h"
#include "sol-predictor.h"
#include "sol-weights.h"

#include "llama-cpp.h"

#include <memory>
#include <string>

struct sol_model {
    llama_model_ptr llama;
    sol_weights     weights;
    sol_unit_norms  norms { weights };
    sol_down_slabs  slabs { weights };

    std::unique_ptr<sol_predictor> predictor; // null without one

    explicit sol_model(const std::string & path) : weights(path) {}
};

// Throws sol_error for a file that is not a GGUF that llama.cpp can be trusted with (sol-check.cpp).
void sol_check_gguf(const std::string & path);

// The same for what llama.cpp has loaded from it.
void sol_check_weights(const std::string & path, const llama_model & model);
