// What a context with knobs knows beside upstream's llama_context.

#pragma once

#include "sol.h"

#include "sol-pages.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

class sol_choice_observer;
class sol_graph_input;
class sol_down_slabs;
class sol_predictor;
class sol_unit_norms;

struct sol_state {
    sol_context_params params;
    sol_unit_norms *   norms      = nullptr; // of the model
    sol_down_slabs *   slabs      = nullptr; // of the model
    const sol_predictor * predictor = nullptr; // of the model; null when it is not to be used
    int64_t            n_embd_out = 0;

    // the running or last decode, in the order of its batch
    const sol_knobs *      knobs = nullptr; // null outside of a decode, and for a batch without knobs
    std::vector<sol_usage> usage;           // empty when the batch had no knobs
    bool                   has_hidden = false;

    sol_graph_input * graph = nullptr; // inputs of the graph that was built or reused last

    std::map<std::pair<const void *, int>, sol_page_store> stores; // by KV cache and first layer

    std::vector<sol_layer_info> layers; // as the reserved graph has them

    // What chose the neurons of the last decode, by layer; empty unless it is recorded.
    struct mlp_record {
        int64_t            n_tokens = 0;
        int64_t            n_embd   = 0;
        int64_t            n_ff     = 0;
        std::vector<float> input;
        std::vector<float> gate;
        const float *      norms = nullptr;
    };

    std::map<int, mlp_record> mlp_records;

    // for tests
    sol_choice_observer * choices = nullptr;
    bool                  own_attention = false; // in reference mode, too, no row is left to upstream's kernel, which sums values in F16

    std::atomic<bool> cancelled { false };
};
