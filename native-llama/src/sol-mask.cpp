// Attention by recency: masking the positions that attn_keep drops.

#include "sol-graph.h"
#include "sol-select.h"

#include "llama-impl.h"
#include "llama-kv-cells.h"

#include <cmath>

namespace {

struct visible_cell {
    int64_t   cell;
    llama_pos pos;
};

float to_float(float       x) { return x; }
float to_float(ggml_fp16_t x) { return ggml_fp16_to_fp32(x); }

// Keeps the sinks (positions below `sinks`) and the newest positions of the cells visible in `row`, `keep` of all but never
// less than the sinks, the window and the token itself. Returns how many are kept.
template<typename T>
int64_t prune_row(T * row, std::vector<visible_cell> & visible, float keep, const sol_context_params & params) {
    const int64_t n = (int64_t) visible.size();

    const auto first_other = std::partition(visible.begin(), visible.end(),
            [&](const visible_cell & v) { return v.pos < params.attn_sinks; });

    const int64_t n_sinks  = first_other - visible.begin();
    const int64_t n_forced = n_sinks + std::min<int64_t>(params.attn_window + 1, n - n_sinks);
    const int64_t n_keep   = std::max(sol_keep_count(keep, n), n_forced);

    if (n_keep < n) {
        const auto first_dropped = first_other + (n_keep - n_sinks);

        std::nth_element(first_other, first_dropped, visible.end(),
                [](const visible_cell & a, const visible_cell & b) { return a.pos > b.pos; });

        for (auto v = first_dropped; v != visible.end(); ++v) {
            row[v->cell] = llama_cast<T>(-INFINITY);
        }
    }

    return n_keep;
}

template<typename T>
void prune(ggml_tensor * mask, const sol_graph_input::mask_users & users, const llama_ubatch & ubatch,
        const std::vector<llama_kv_cells> & cells, const std::vector<uint32_t> & seq_to_stream) {
    sol_state & state = *ubatch.data->sol.state;

    const int64_t n_kv = mask->ne[0];

    std::vector<visible_cell> visible;
    visible.reserve(n_kv);

    for (uint32_t i = 0; i < ubatch.n_tokens; ++i) {
        T * row = (T *) mask->data + n_kv*i;

        const auto & c = cells[seq_to_stream[ubatch.seq_id[i][0]]];

        visible.clear();
        for (int64_t j = 0; j < n_kv; ++j) {
            if (to_float(row[j]) != -INFINITY) {
                visible.push_back({ j, c.pos_get(j) });
            }
        }
        if (visible.empty()) {
            continue;
        }

        const int32_t idx = ubatch.data->sol.idxs[i];

        const int64_t n_visible  = (int64_t) visible.size();
        const int64_t n_attended = prune_row(row, visible, state.knobs[idx].attn_keep, state.params);

        sol_usage & usage = state.usage[idx];

        usage.full_attended    += n_attended*users.full;
        usage.full_visible     += n_visible *users.full;
        usage.sliding_attended += n_attended*users.sliding;
        usage.sliding_visible  += n_visible *users.sliding;
    }
}

} // namespace

void sol_prune_mask(ggml_tensor * mask, const llama_ubatch * ubatch,
        const std::vector<llama_kv_cells> & cells, const std::vector<uint32_t> & seq_to_stream) {
    const sol_state * state = ubatch->data ? ubatch->data->sol.state : nullptr;

    if (!state || !state->knobs || !state->graph) {
        return;
    }

    // a mask that no hooked layer uses stays as it is: what is reported as not reached must not be pruned either
    const auto users = state->graph->masks.find(mask);
    if (users == state->graph->masks.end()) {
        return;
    }

    if (mask->type == GGML_TYPE_F16) {
        prune<ggml_fp16_t>(mask, users->second, *ubatch, cells, seq_to_stream);
    } else {
        prune<float>(mask, users->second, *ubatch, cells, seq_to_stream);
    }
}
