// The model behind sol.h's opaque handle.

#pragma once

#include "sol-norms.h"

#include "llama-cpp.h"

#include <string>

struct sol_model {
    llama_model_ptr llama;
    sol_unit_norms  norms;

    explicit sol_model(const std::string & path) : norms(path) {}
};

// Throws sol_error for a file that is not a GGUF that llama.cpp can be trusted with (sol-check.cpp).
void sol_check_gguf(const std::string & path);

// The same for what llama.cpp has loaded from it.
void sol_check_weights(const std::string & path, const llama_model & model);
