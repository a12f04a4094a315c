#include "sol-pages.h"

#include "sol-select.h"

void sol_page_store::clear() {
    cells.clear();
    pages.clear();
    by_cells.clear();
    first_new = 0;
}

int32_t sol_page_store::find_or_add(const sol_visible_cell * begin, const sol_visible_cell * end) {
    uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    for (auto v = begin; v != end; ++v) {
        hash = (hash ^ (uint32_t) v->cell)*0x100000001b3;
        hash = (hash ^ v->version)*0x100000001b3;
    }

    const auto same = [&](const page & p) {
        return std::equal(begin, end, cells.begin() + p.begin, cells.begin() + p.begin + p.n,
                [](const sol_visible_cell & a, const sol_visible_cell & b) { return a.cell == b.cell && a.version == b.version; });
    };

    const auto range = by_cells.equal_range(hash);
    for (auto it = range.first; it != range.second; ++it) {
        if (same(pages[it->second])) {
            return it->second;
        }
    }

    const int32_t res = (int32_t) pages.size();

    pages.push_back({ (int32_t) cells.size(), (int32_t) (end - begin) });
    cells.insert(cells.end(), begin, end);
    by_cells.emplace(hash, res);

    return res;
}

void sol_page_store::reserve(int32_t layer, size_t size) {
    auto & summaries = by_layer[persistent ? layer : 0];

    if (summaries.size() < pages.size()*size) {
        summaries.resize((persistent ? 2 : 1)*pages.size()*size);
    }
}

void sol_attn_plan::clear() {
    own_store.clear();
    choices.clear();
    tokens.clear();
    fixed_cells.clear();
    fixed.clear();
}

bool sol_attn_plan::add(int32_t row, int32_t index, llama_pos pos, const std::vector<sol_visible_cell> & visible,
        float keep, const sol_context_params & params) {
    const int32_t begin = (int32_t) choices.size();

    // the newest positions beside the sinks, from the oldest of them on
    llama_pos first_recent = visible.back().pos + 1;
    int32_t   n_recent     = 0;
    for (auto v = visible.rbegin(); v != visible.rend() && v->pos >= params.attn_sinks && n_recent <= params.attn_window; ++v, ++n_recent) {
        first_recent = v->pos;
    }

    int32_t n_forced = 0;

    // where each page ends is found first: nothing is stored for a token that keeps them all
    std::vector<size_t> ends;
    for (size_t i = 0; i < visible.size(); ) {
        const llama_pos page_pos = visible[i].pos/params.attn_page;

        bool forced = false;
        for (; i < visible.size() && visible[i].pos/params.attn_page == page_pos; ++i) {
            forced |= visible[i].pos < params.attn_sinks || visible[i].pos >= first_recent;
        }
        ends.push_back(i);
        choices.push_back({ -1, forced });
        n_forced += forced;
    }

    const int32_t n_pages = (int32_t) ends.size();
    const int32_t n_keep  = std::max((int32_t) sol_keep_count(keep, n_pages), n_forced);

    if (n_keep == n_pages) {
        choices.resize(begin);
        return false;
    }

    for (int32_t p = 0; p < n_pages; ++p) {
        choices[begin + p].page = store->find_or_add(visible.data() + (p ? ends[p - 1] : 0), visible.data() + ends[p]);
    }
    tokens.push_back({ row, index, pos, begin, n_pages, n_keep });

    return true;
}

void sol_attn_plan::add_fixed(int32_t row, llama_pos pos, const sol_visible_cell * begin, const sol_visible_cell * end) {
    fixed.push_back({ row, pos, fixed_cells.size(), (size_t) (end - begin) });
    fixed_cells.insert(fixed_cells.end(), begin, end);
}

void sol_attn_plan::finish() {
    int64_t n_chooser = 0;
    int64_t n_part    = 0;

    for (const layer & l : layers) {
        store->reserve(l.il, l.summary_size);
        n_chooser = std::max(n_chooser, l.n_chooser);
        n_part    = std::max(n_part,    l.n_head*(l.n_v + 2));
    }

    keep.resize(choices.size()*n_chooser);
    attended.resize(tokens.size()*n_chooser);
    parts.resize(shares_parts() ? (tokens.size() + fixed.size())*PARTS*n_part : 0);
}
