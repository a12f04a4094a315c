// What each token attends: the mask by recency, the pages to choose from by the other criteria.

#include "sol-graph.h"
#include "sol-pages.h"
#include "sol-select.h"

#include "llama-impl.h"
#include "llama-kv-cells.h"

#include <cmath>

namespace {

bool is_masked(float       x) { return x == -INFINITY; }
bool is_masked(ggml_fp16_t x) { return x == 0xfc00; } // −∞

constexpr int64_t SPAN = 32; // cells that are looked at together

// Cells are mostly in order already.
template<typename I, typename F>
void sort_unless_sorted(I begin, I end, F before) {
    if (!std::is_sorted(begin, end, before)) {
        std::sort(begin, end, before);
    }
}

// Keeps the sinks (positions below `sinks`) and the newest positions of the cells visible in `row`, `keep` of all but never
// less than the sinks, the window and the token itself. Returns how many are kept; they are what is left of `visible`.
template<typename T>
int64_t prune_row(T * row, std::vector<sol_visible_cell> & visible, float keep, const sol_context_params & params) {
    const int64_t n = (int64_t) visible.size();

    const auto first_other = std::find_if(visible.begin(), visible.end(),
            [&](const sol_visible_cell & v) { return v.pos >= params.attn_sinks; });

    const int64_t n_sinks  = first_other - visible.begin();
    const int64_t n_forced = n_sinks + std::min<int64_t>(params.attn_window + 1, n - n_sinks);
    const int64_t n_keep   = std::max(sol_keep_count(keep, n), n_forced);

    const auto first_kept = first_other + (n - n_keep);
    for (auto v = first_other; v != first_kept; ++v) {
        row[v->cell] = llama_cast<T>(-INFINITY);
    }
    visible.erase(first_other, first_kept);

    return n_keep;
}

// Adds the token to the plan. Returns how many positions are known to be kept: the pages of a token with a choice are counted
// when it has chosen.
int64_t plan_row(sol_attn_plan & plan, int32_t row, int32_t index, llama_pos pos, std::vector<sol_visible_cell> & visible,
        float keep, const sol_context_params & params) {
    return plan.add(row, index, pos, visible, keep, params) ? 0 : (int64_t) visible.size();
}

// The summaries that outlive the ubatch, of the layers under one mask.
sol_page_store & store_of(sol_state & state, const void * cells, int first_layer, int64_t n_kv) {
    sol_page_store & store = state.stores[{ cells, first_layer }];

    store.persistent = true;

    // pages of contents that are gone, and those that the newest positions made while they filled theirs
    if ((int64_t) store.pages.size() > 1024 + 4*n_kv/state.params.attn_page) {
        store.clear();
    }
    store.begin();

    return store;
}

template<typename T>
void set_rows(ggml_tensor * mask, sol_graph_input::mask_use & use, const llama_ubatch & ubatch,
        const std::vector<llama_kv_cells> & cells, const std::vector<uint32_t> & seq_to_stream) {
    sol_state & state = *ubatch.data->sol.state;

    const int64_t n_kv = mask->ne[0];

    use.plan->clear();
    if (state.graph->is_skip()) {
        use.plan->store = &store_of(state, cells.data(), use.first_layer, n_kv);
    }

    std::vector<sol_visible_cell> visible;
    visible.reserve(n_kv);

    for (uint32_t i = 0; i < ubatch.n_tokens; ++i) {
        T * row = (T *) mask->data + n_kv*i;

        const auto & c = cells[seq_to_stream[ubatch.seq_id[i][0]]];

        visible.clear();
        for (int64_t begin = 0; begin < n_kv; begin += SPAN) {
            const int64_t end = std::min(n_kv, begin + SPAN);

            // most cells are other sequences', which are passed over in vectors
            int masked = 0;
            for (int64_t j = begin; j < end; ++j) {
                masked += is_masked(row[j]);
            }
            for (int64_t j = begin; j < end && masked < end - begin; ++j) {
                if (!is_masked(row[j])) {
                    visible.push_back({ (int32_t) j, c.pos_get(j), c.sol_version(j) });
                }
            }
        }
        if (visible.empty()) {
            continue;
        }

        const int32_t index     = ubatch.data->sol.idxs[i];
        const float   keep      = state.knobs[index].attn_keep;
        const int64_t n_visible = (int64_t) visible.size();

        sort_unless_sorted(visible.begin(), visible.end(), [](const auto & a, const auto & b) { return a.pos < b.pos; });

        const int64_t n_attended = state.params.attn_criterion == SOL_ATTN_RECENCY
            ? prune_row(row, visible, keep, state.params)
            : plan_row(*use.plan, (int32_t) i, index, ubatch.pos[i], visible, keep, state.params);

        if (n_attended > 0 && state.graph->attends(state.knobs[index])) {
            sort_unless_sorted(visible.begin(), visible.end(), [](const auto & a, const auto & b) { return a.cell < b.cell; });
            use.plan->add_fixed((int32_t) i, ubatch.pos[i], visible.data(), visible.data() + n_attended);
        }

        sol_usage & usage = state.usage[index];

        usage.full_attended    += n_attended*use.heads_full;
        usage.full_visible     += n_visible *use.heads_full;
        usage.sliding_attended += n_attended*use.heads_sliding;
        usage.sliding_visible  += n_visible *use.heads_sliding;
    }

    use.plan->finish();
}

} // namespace

void sol_set_mask(ggml_tensor * mask, const llama_ubatch * ubatch,
        const std::vector<llama_kv_cells> & cells, const std::vector<uint32_t> & seq_to_stream) {
    const sol_state * state = ubatch->data ? ubatch->data->sol.state : nullptr;

    if (!state || !state->knobs || !state->graph) {
        return;
    }

    // a mask that no hooked layer uses stays as it is: what is reported as not reached must not be pruned either
    const auto it = state->graph->masks.find(mask);
    if (it == state->graph->masks.end() || it->second.heads_full + it->second.heads_sliding == 0) {
        return;
    }

    sol_graph_input::mask_use & use = it->second;

    if (mask->type == GGML_TYPE_F16) {
        set_rows<ggml_fp16_t>(mask, use, *ubatch, cells, seq_to_stream);
    } else {
        set_rows<float>(mask, use, *ubatch, cells, seq_to_stream);
    }
}
