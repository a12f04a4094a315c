// The pages of the KV cache that the tokens of a ubatch choose from.

#pragma once

#include "sol.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

// One cell of the KV cache that a token sees.
struct sol_visible_cell {
    int32_t   cell;
    llama_pos pos;
    uint64_t  version; // of its contents
};

// Pages and their summaries: what a token sees of `attn_page` consecutive positions of its sequence. Tokens that see the same
// contents of the same cells share the page. A store that is kept from decode to decode computes a summary once.
class sol_page_store {
public:
    struct page {
        int32_t begin; // in `cells`
        int32_t n;
    };

    void clear();

    // The page of these cells. A new one is in `pages` from `first_new` on, until the layers have summarised it.
    int32_t find_or_add(const sol_visible_cell * begin, const sol_visible_cell * end);

    // All pages have been summarised.
    void begin() { first_new = pages.size(); }

    // Makes room for the summaries of all pages in a layer, `size` floats each.
    void reserve(int32_t layer, size_t size);

    float * summaries(int32_t layer) const { return const_cast<float *>(by_layer.at(persistent ? layer : 0).data()); }

    std::vector<sol_visible_cell> cells;
    std::vector<page>             pages;
    size_t                        first_new = 0;

    bool persistent = false; // otherwise layers, which run one after the other, share their room

private:
    std::unordered_multimap<uint64_t, int32_t>      by_cells;
    std::unordered_map<int32_t, std::vector<float>> by_layer;
};

// What the tokens of one ubatch attend under one mask.
class sol_attn_plan {
public:
    struct choice {
        int32_t page; // in the store
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

    // A token whose positions are the same in all layers. In reference mode only tokens with knobs, of many sequences' steps; upstream's
    // kernel has the others.
    struct fixed_token {
        int32_t   row;
        llama_pos pos;
        size_t    begin; // in `fixed_cells`
        size_t    n;
    };

    void clear();

    // Adds a token that sees `visible`, in ascending positions, and keeps `keep` of their pages. Returns false, and adds
    // nothing, when it drops none.
    bool add(int32_t row, int32_t index, llama_pos pos, const std::vector<sol_visible_cell> & visible, float keep, const sol_context_params & params);

    void add_fixed(int32_t row, llama_pos pos, const sol_visible_cell * begin, const sol_visible_cell * end);

    // Makes room for what the layers compute.
    void finish();

    sol_page_store * store = &own_store;

    std::vector<choice> choices;
    std::vector<token>  tokens;

    std::vector<sol_visible_cell> fixed_cells;
    std::vector<fixed_token>      fixed;

    struct layer {
        int32_t il;
        size_t  summary_size;
        int64_t n_chooser;
        int64_t n_head;
        int64_t n_v; // n_embd_head_v
    };

    std::vector<layer> layers; // that use it

    // What the ops of a layer tell each other.
    std::vector<uint8_t> keep;     // [chooser][choices]
    std::vector<int64_t> attended; // [chooser][token] positions

    // What a token attends is summed up in parts, at most so many. Of a small batch threads share out the parts: each then reads pieces of
    // the cache from end to end.
    static constexpr int64_t PARTS = 8;

    bool shares_parts() const { return (int64_t) (tokens.size() + fixed.size()) <= MOST_SHARED; }

    std::vector<float> parts;         // [token, then fixed token][head][part]: n_v values, the greatest logit, the sum
    std::atomic<int>   n_finished{0}; // threads with theirs

private:
    static constexpr int64_t MOST_SHARED = 32;

    sol_page_store own_store; // of this ubatch
};
