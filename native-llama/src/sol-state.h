// What a context with knobs knows beside upstream's llama_context.

#pragma once

#include "sol.h"

#include <atomic>
#include <cstdint>
#include <vector>

class sol_choice_observer;
class sol_graph_input;
class sol_unit_norms;

struct sol_state {
    sol_context_params params;
    sol_unit_norms *   norms      = nullptr; // of the model
    int64_t            n_embd_out = 0;

    // the running or last decode, in the order of its batch
    const sol_knobs *      knobs = nullptr; // null outside of a decode, and for a batch without knobs
    std::vector<sol_usage> usage;           // empty when the batch had no knobs
    bool                   has_hidden = false;

    sol_graph_input * graph = nullptr; // inputs of the graph that was built or reused last

    std::vector<sol_layer_info> layers; // as the reserved graph has them

    sol_choice_observer * choices = nullptr; // for tests

    std::atomic<bool> cancelled { false };
};
