// What the sequences of one context should hold: each call changes the context and this model of it alike.

#pragma once

#include "replay.h"

#include <algorithm>
#include <climits>
#include <set>

struct saved_sequence {
    std::vector<uint8_t> bytes;
    sequence_history     history;
    std::map<llama_pos, bool> positions; // to whether sliding layers surely have it
};

class sequence_model {
public:
    sequence_model(sol_model & model, const tiny_model & m, const sol_context_params & params) :
            m(m), context(new_context(model, params)), histories(params.n_seq_max), cells(params.n_seq_max) {}

    llama_seq_id size() const { return (llama_seq_id) cells.size(); }

    bool      empty(llama_seq_id seq) const { return cells[seq].empty(); }
    llama_pos last (llama_seq_id seq) const { return empty(seq) ? -1 : cells[seq].rbegin()->first; }

    const sequence_history & history(llama_seq_id seq) const { return histories[seq]; }

    size_t history_length(llama_seq_id seq) const {
        size_t n = 0;
        for (const sequence_event & event : histories[seq]) {
            n += event.tokens.size();
        }
        return n;
    }

    // Cells in use; a shared one counts once.
    size_t used() const {
        std::set<const int *> all;
        for (const auto & of_seq : cells) {
            for (const auto & [pos, cell] : of_seq) {
                all.insert(cell.id.get());
            }
        }
        return all.size();
    }

    // False when there is no room; then nothing changed.
    bool decode(const token_batch & batch, bool with_knobs) {
        const bool       fits   = used() + batch.size() <= sol_context_n_ctx(context.get());
        const sol_status status = decode_recorded(*context, m, batch, with_knobs, histories);
        CHECK(status == (fits ? SOL_OK : SOL_KV_CACHE_FULL), "status %d with %zu cells in use and %d more: %s", status, used(), batch.size(), sol_last_error());

        if (fits) {
            for (int32_t i = 0; i < batch.size(); ++i) {
                cells[batch.seq_id[i]][batch.pos[i]] = {};
                forget_window(batch.seq_id[i]);
            }
        }
        return fits;
    }

    // The calls below leave out, and return false for, what would need positions again that had left the window of sliding
    // layers: their cells may have been given away.

    bool copy(llama_seq_id src, llama_seq_id dst, llama_pos p0, llama_pos p1) {
        cell_map copied = cells[src];
        erase_outside(copied, p0, end(p1));
        if (copied.empty() || !has_window(copied)) {
            return false;
        }
        CHECK_OK(sol_seq_rm(context.get(), dst, -1, -1));
        CHECK_OK(sol_seq_cp(context.get(), src, dst, p0, p1));

        cells[dst]     = std::move(copied);
        histories[dst] = histories[src];
        if (p0 > 0) {
            add_event(dst, { sequence_event::REMOVE, {}, true, 0, p0, 0 });
        }
        if (p1 >= 0) {
            add_event(dst, { sequence_event::REMOVE, {}, true, p1, -1, 0 });
        }
        return true;
    }

    bool remove(llama_seq_id seq, llama_pos p0, llama_pos p1) {
        cell_map left = cells[seq];
        erase_inside(left, p0, end(p1));
        if (!has_window(left)) {
            return false;
        }
        CHECK_OK(sol_seq_rm(context.get(), seq, p0, p1));

        cells[seq] = std::move(left);
        if (cells[seq].empty()) {
            histories[seq].clear();
        } else {
            add_event(seq, { sequence_event::REMOVE, {}, true, p0, p1, 0 });
        }
        return true;
    }

    // A shift that is refused for shared cells must change nothing, and returns false.
    bool shift(llama_seq_id seq, llama_pos p0, llama_pos p1, llama_pos delta) {
        cell_map moved;
        bool shared = false;
        for (const auto & [pos, cell] : cells[seq]) {
            const bool inside = pos >= p0 && pos < end(p1);
            shared |= inside && cell.id.use_count() > 1;
            moved[inside ? pos + delta : pos] = cell;
        }
        CHECK(moved.size() == cells[seq].size() && moved.begin()->first >= 0, "the test shifts onto other positions");

        if (!has_window(moved)) {
            return false;
        }
        const bool any    = p0 <= last(seq);
        const auto status = sol_seq_shift(context.get(), seq, p0, p1, delta);
        CHECK(status == (shared ? SOL_INVALID_ARGUMENT : SOL_OK), "status %d of a shift of %s cells: %s", status, shared ? "shared" : "own", sol_last_error());
        if (shared || !any) {
            return false;
        }
        moved.swap(cells[seq]);
        forget_window(seq);
        add_event(seq, { sequence_event::SHIFT, {}, true, p0, p1, delta });
        return true;
    }

    saved_sequence save(llama_seq_id seq) {
        saved_sequence res;
        res.history = histories[seq];
        for (const auto & [pos, cell] : cells[seq]) {
            res.positions[pos] = cell.in_window;
        }

        size_t size = 0;
        CHECK_OK(sol_seq_state_size(context.get(), seq, &size));
        res.bytes.resize(size);
        CHECK_OK(sol_seq_save(context.get(), seq, res.bytes.data(), size));
        return res;
    }

    // False when there is no room; then the sequence is empty.
    bool restore(llama_seq_id seq, const saved_sequence & saved) {
        cells[seq].clear();
        histories[seq].clear();

        const bool fits   = used() + saved.positions.size() <= sol_context_n_ctx(context.get());
        const auto status = sol_seq_load(context.get(), seq, saved.bytes.data(), saved.bytes.size());
        CHECK(status == (fits ? SOL_OK : SOL_KV_CACHE_FULL), "status %d of a restore of %zu positions with %zu cells in use: %s",
                status, saved.positions.size(), used(), sol_last_error());
        if (fits) {
            histories[seq] = saved.history;
            for (const auto & [pos, in_window] : saved.positions) {
                cells[seq][pos].in_window = in_window;
            }
        }
        return fits;
    }

    void check_positions() const {
        for (llama_seq_id seq = 0; seq < size(); ++seq) {
            llama_pos pos = 0;
            CHECK_OK(sol_seq_pos_max(context.get(), seq, &pos));
            CHECK(pos == last(seq), "sequence %d ends at %d, expected %d", seq, pos, last(seq));
        }
    }

    sol_context & get() { return *context; }

private:
    struct cell {
        std::shared_ptr<const int> id = std::make_shared<const int>(0); // its owners are the sequences that share the cell
        bool in_window = true; // since it was decoded, no position came so late that sliding layers may have let go of it
    };
    using cell_map = std::map<llama_pos, cell>;

    const tiny_model & m;
    const context_ptr  context;

    std::vector<sequence_history> histories;
    std::vector<cell_map>         cells;

    static llama_pos end(llama_pos p1) { return p1 < 0 ? INT_MAX : p1; }

    static void erase_inside(cell_map & map, llama_pos p0, llama_pos p1) {
        map.erase(map.lower_bound(p0), map.lower_bound(std::max(p0, p1)));
    }

    static void erase_outside(cell_map & map, llama_pos p0, llama_pos p1) {
        map.erase(map.begin(), map.lower_bound(p0));
        map.erase(map.lower_bound(p1), map.end());
    }

    void add_event(llama_seq_id seq, sequence_event event) { histories[seq].push_back(std::move(event)); }

    // Before the next token of this sequence.
    bool is_visible(const cell_map & map, llama_pos pos) const { return map.rbegin()->first + 1 - pos < m.n_swa; }

    void forget_window(llama_seq_id seq) {
        for (auto & [pos, cell] : cells[seq]) {
            cell.in_window = cell.in_window && is_visible(cells[seq], pos);
        }
    }

    bool has_window(const cell_map & map) const {
        return m.n_swa == 0 || std::all_of(map.begin(), map.end(),
                [&](const auto & entry) { return entry.second.in_window || !is_visible(map, entry.first); });
    }
};
