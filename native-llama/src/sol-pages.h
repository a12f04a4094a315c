// The pages of the KV cache that the tokens of a ubatch choose from.

#pragma once

#include "sol-state.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

// One cell of the KV cache that a token sees.
struct sol_visible_cell {
    int32_t   cell;
    llama_pos pos;
};

// Built for one attention mask, used by all layers that attend under it. A page is what a token sees of `attn_page` consecutive
// positions of its sequence; tokens that see the same cells share the page and its summary.
class sol_page_plan {
public:
    struct page {
        int32_t begin; // in `cells`
        int32_t n;
    };

    struct choice {
        int32_t page; // in `pages`
        bool    forced;
    };

    // A token that drops pages.
    struct token {
        int32_t   row;   // in the ubatch
        int32_t   index; // in the caller's batch
        llama_pos pos;
        int32_t   begin; // in `choices`; ascending positions
        int32_t   n_pages;
        int32_t   n_keep;
    };

    void clear();

    // Adds a token that sees `visible`, in ascending positions, and keeps `keep` of their pages. Returns false, and adds
    // nothing, when it drops none.
    bool add(int32_t row, int32_t index, llama_pos pos, const std::vector<sol_visible_cell> & visible, float keep, const sol_context_params & params);

    std::vector<sol_visible_cell> cells;
    std::vector<page>             pages;
    std::vector<choice>           choices;
    std::vector<token>            tokens;

    // The summaries of the layer at hand, `summary_size` floats for each page: written by one op, read by the next.
    std::vector<float> summaries;
    size_t             summary_size = 0; // the largest of the layers

private:
    int32_t find_or_add_page(const sol_visible_cell * begin, const sol_visible_cell * end);

    std::unordered_multimap<uint64_t, int32_t> by_cells;
};
