#include "sol-attend.h"

#include "sol-choice.h"
#include "sol-kernels.h"
#include "sol-select.h"
#include "sol-state.h"

#include "ggml.h"

#include <cmath>
#include <cstring>

namespace {

// Where a KV head's parts of a page's summary lie.
struct summary_layout {
    bool    quest;
    bool    tail;
    int64_t n_k; // n_embd_head_k
    int64_t n_v;

    summary_layout(const sol_context_params & params, const ggml_tensor * k, const ggml_tensor * v) :
            quest(params.attn_criterion == SOL_ATTN_QUEST), tail(params.attn_dropped == SOL_ATTN_DROPPED_TAIL), n_k(k->ne[0]), n_v(v->ne[0]) {}

    bool has_mean_key() const { return !quest || tail; }

    int64_t least_key()    const { return 0; }
    int64_t greatest_key() const { return n_k; }
    int64_t mean_key()     const { return quest ? 2*n_k : 0; }
    int64_t mean_value()   const { return mean_key() + n_k; }

    int64_t size() const { return (quest ? 2*n_k : 0) + (has_mean_key() ? n_k : 0) + (tail ? n_v : 0); }
};

// rows[h1 - h0][n][ne0]: what cells have for KV heads h0 … h1-1. n_ahead ≥ n cells are listed.
void read_rows(const ggml_tensor * t, int64_t h0, int64_t h1, const sol_visible_cell * cells, int64_t n, int64_t n_ahead, float * rows) {
    const char * base = (const char *) t->data + h0*t->nb[2];

    const sol_kv_rows source = { base, t->nb[1], t->nb[2], h1 - h0, t->ne[0], &cells->cell, sizeof(*cells), n, n_ahead };

    switch (t->type) {
        case GGML_TYPE_F16:  sol_widen_f16 (source, rows); break;
        case GGML_TYPE_Q8_0: sol_widen_q8_0(source, rows); break;
        default:
            for (int64_t h = 0; h < h1 - h0; ++h) {
                for (int64_t i = 0; i < n; ++i) {
                    const char * row = base + cells[i].cell*t->nb[1] + h*t->nb[2];
                    float *      out = rows + (h*n + i)*t->ne[0];

                    if (t->type == GGML_TYPE_F32) {
                        memcpy(out, row, t->ne[0]*sizeof(float));
                    } else {
                        ggml_get_type_traits(t->type)->to_float(row, out, t->ne[0]);
                    }
                }
            }
    }
}

// As GGML_OP_FLASH_ATTN_EXT has it.
float alibi_slope(float max_bias, int64_t head, int64_t n_head) {
    if (max_bias <= 0.0f) {
        return 0.0f;
    }

    const int64_t n_head_log2 = 1ll << (int64_t) std::floor(std::log2((double) n_head));

    return head < n_head_log2
        ? std::pow(std::pow(2.0f, -max_bias/n_head_log2), (float) (head + 1))
        : std::pow(std::pow(2.0f, -max_bias/2.0f/n_head_log2), (float) (2*(head - n_head_log2) + 1));
}

// What the ops of a layer have in common.
struct layer {
    const sol_attn_op &        op;
    const sol_context_params & params;
    sol_attn_plan &            plan;
    const sol_page_store &     store;

    const ggml_tensor * q;
    const ggml_tensor * k;
    const ggml_tensor * v;

    const summary_layout layout;

    const int64_t n_head;
    const int64_t n_head_kv;
    const int64_t n_group;   // query heads of a KV head
    const int64_t n_chooser;
    const int64_t n_joint;   // query heads that choose together

    float *      summaries;
    const size_t summary_size;

    layer(const ggml_tensor * dst, void * userdata) :
            op(*(const sol_attn_op *) userdata), params(op.state->params), plan(*op.plan), store(*plan.store),
            q(dst->src[1]), k(dst->src[2]), v(dst->src[3]), layout(params, k, v),
            n_head(q->ne[2]), n_head_kv(k->ne[2]), n_group(n_head/n_head_kv),
            n_chooser(sol_chooser_count(params, n_head, n_head_kv)), n_joint(n_head/n_chooser),
            summaries(store.summaries(op.il)), summary_size(sol_summary_size(params, k, v)) {}

    const float * query(int32_t row, int64_t head) const {
        return (const float *) ((const char *) q->data + row*q->nb[1] + head*q->nb[2]);
    }

    const sol_page_store::page & page(const sol_attn_plan::token & t, int64_t p) const {
        return store.pages[plan.choices[t.begin + p].page];
    }

    const float * summary(const sol_attn_plan::token & t, int64_t p, int64_t head_kv) const {
        return summaries + plan.choices[t.begin + p].page*summary_size + head_kv*layout.size();
    }

    uint8_t * keep(const sol_attn_plan::token & t, int64_t chooser) const {
        return plan.keep.data() + chooser*plan.choices.size() + t.begin;
    }

    float capped(float logit) const {
        return op.softcap == 0.0f ? logit : op.softcap*std::tanh(logit);
    }
};

// ALiBi adds slope times −distance: of a page, by the mean or the least of its positions.
struct page_distances {
    std::vector<float> mean;
    std::vector<float> least;

    void measure(const layer & l, const sol_attn_plan::token & t) {
        mean .assign(t.n_pages, 0.0f);
        least.assign(t.n_pages, 0.0f);

        for (int64_t p = 0; p < t.n_pages && l.op.max_bias > 0.0f; ++p) {
            const auto & page = l.page(t, p);

            float sum = 0.0f;
            float min = INFINITY;
            for (int32_t i = page.begin; i < page.begin + page.n; ++i) {
                const float distance = std::fabs((float) (l.store.cells[i].pos - t.pos));
                sum += distance;
                min  = std::min(min, distance);
            }
            mean [p] = sum/page.n;
            least[p] = min;
        }
    }
};

//
// the choice of pages
//

class page_choice {
public:
    explicit page_choice(const layer & l) : l(l) {}

    void choose(const sol_attn_plan::token & t, int64_t chooser) {
        weigh(t, chooser*l.n_joint, (chooser + 1)*l.n_joint);

        for (int64_t p = 0; p < t.n_pages; ++p) {
            if (l.plan.choices[t.begin + p].forced) {
                weights[p] = INFINITY;
            }
        }

        uint8_t * keep = l.keep(t, chooser);
        sol_select_top(weights.data(), t.n_pages, t.n_keep, keep, scratch);

        if (l.op.state->choices) {
            l.op.state->choices->on_choice({ sol_choice_kind::PAGES, l.op.il, t.index, (int32_t) chooser }, keep, t.n_pages);
        }

        int64_t attended = 0;
        for (int64_t p = 0; p < t.n_pages; ++p) {
            attended += keep[p] ? l.page(t, p).n : 0;
        }
        l.plan.attended[chooser*l.plan.tokens.size() + (&t - l.plan.tokens.data())] = attended;
    }

private:
    // q·k as the criterion estimates it, scaled; less the bias of ALiBi.
    void score(const sol_attn_plan::token & t, int64_t head, float * scores) const {
        const float * q     = l.query(t.row, head);
        const float   slope = alibi_slope(l.op.max_bias, head, l.n_head);

        for (int64_t p = 0; p < t.n_pages; ++p) {
            const float * s = l.summary(t, p, head/l.n_group);

            float score;
            if (l.layout.quest) {
                score = l.op.scale*sol_upper_bound(q, s + l.layout.least_key(), s + l.layout.greatest_key(), l.layout.n_k);
            } else {
                sol_dots(s + l.layout.mean_key(), 1, l.layout.n_k, q, l.op.scale, &score);
            }

            if (l.n_joint > 1) {
                score = l.capped(score);
            }
            if (slope > 0.0f) {
                score -= slope*(l.layout.quest ? distances.least[p] : distances.mean[p]);
            }
            scores[p] = std::isnan(score) ? -INFINITY : score;
        }
    }

    // weights[n_pages] by which heads h0 … h1-1 choose.
    void weigh(const sol_attn_plan::token & t, int64_t h0, int64_t h1) {
        distances.measure(l, t);
        weights.assign(t.n_pages, 0.0f);

        if (h1 - h0 == 1) {
            score(t, h0, weights.data());
            return;
        }

        scores.resize(t.n_pages);

        for (int64_t h = h0; h < h1; ++h) {
            score(t, h, scores.data());

            float max = -INFINITY;
            for (int64_t p = 0; p < t.n_pages; ++p) {
                scores[p] += std::log((float) l.page(t, p).n);
                max = std::max(max, scores[p]);
            }
            if (!std::isfinite(max)) {
                continue; // damaged keys: this head has no say
            }

            const float sum = sol_exp_sum(scores.data(), t.n_pages, max);
            for (int64_t p = 0; p < t.n_pages; ++p) {
                weights[p] += scores[p]/sum;
            }
        }
    }

    const layer & l;

    page_distances        distances;
    std::vector<float>    scores;
    std::vector<float>    weights;
    std::vector<uint32_t> scratch;
};

//
// attention
//

class attention {
public:
    // Of nth threads the ith. In a small batch threads take parts of what a token attends, and heads too if there are more threads than
    // parts; otherwise heads.
    attention(const layer & l, ggml_tensor * dst, int ith, int nth) :
            l(l), dst(dst), sinks(dst->src[5]), nth(nth), n_slice(l.plan.shares_parts() ? (nth + PARTS - 1)/PARTS : nth),
            n_turn(nth/n_slice), turn(ith/n_slice), h_begin(l.n_head*(ith%n_slice)/n_slice), h_end(l.n_head*(ith%n_slice + 1)/n_slice) {
        if (!l.plan.shares_parts()) {
            own.resize(l.n_head*PARTS*(l.layout.n_v + 2));
        }
    }

    // All tokens of the plan.
    void run() {
        const auto for_all = [&](auto f) {
            for (const auto & t : l.plan.tokens) {
                f(t);
            }
            for (const auto & t : l.plan.fixed) {
                f(t);
            }
        };

        for_all([&](const auto & t) {
            if (turn < n_turn) {
                attend(t);
            }
            if (n_turn == 1) {
                join(t, h_begin, h_end);
            }
        });

        // the last thread to get here joins what all have
        if (n_turn > 1 && l.plan.n_finished.fetch_add(1, std::memory_order_acq_rel) == nth - 1) {
            l.plan.n_finished.store(0, std::memory_order_relaxed);
            for_all([&](const auto & t) { join(t, 0, l.n_head); });
        }
    }

private:
    static constexpr int64_t NEAR  = 32 << 10; // bytes of rows that stay in the nearest cache while all query heads pass over them
    static constexpr int64_t LEAST = 128;      // entries that make a part of their own
    static constexpr int64_t PARTS = sol_attn_plan::PARTS;

    // Cells that are widened at a time. Whole fours, as dot products take four rows at once: sums do not depend on the size of a block.
    static int64_t block_of(int64_t n_heads, int64_t n) {
        return std::clamp<int64_t>(NEAR/(n_heads*n*(int64_t) sizeof(float))/4*4, 4, 32);
    }

    // How many parts n entries have, so that sums are the same with any number of threads and tokens.
    static int64_t part_count(int64_t n) { return std::clamp<int64_t>(n/LEAST, 1, PARTS); }

    // What a head has of a part: Σ exp(logit − greatest)·value, the greatest logit, Σ exp(logit − greatest).
    struct head_part {
        float * values; // [n_v]
        float * greatest;
        float * sum;
    };

    head_part part_of(int64_t place, int64_t head, int64_t part) {
        float * base   = l.plan.shares_parts() ? l.plan.parts.data() + place*l.n_head*PARTS*(l.layout.n_v + 2) : own.data();
        float * values = base + (head*PARTS + part)*(l.layout.n_v + 2);

        return { values, values + l.layout.n_v, values + l.layout.n_v + 1 };
    }

    int64_t place_of(const sol_attn_plan::token & t)       const { return &t - l.plan.tokens.data(); }
    int64_t place_of(const sol_attn_plan::fixed_token & t) const { return (int64_t) l.plan.tokens.size() + (&t - l.plan.fixed.data()); }

    // Entries of a head.
    int64_t entry_count(const sol_attn_plan::token & t, int64_t head) const {
        return l.plan.attended[head/l.n_joint*l.plan.tokens.size() + place_of(t)] + (l.layout.tail ? t.n_pages - t.n_keep : 0);
    }
    int64_t entry_count(const sol_attn_plan::fixed_token & t, int64_t /*head*/) const { return (int64_t) t.n; }

    // Calls visit(part, its first entry, the one behind its last) for this thread's parts of n entries.
    template<typename F>
    void for_each_part(int64_t n, F visit) const {
        const int64_t count = part_count(n);

        for (int64_t part = count*turn/n_turn; part < count*(turn + 1)/n_turn; ++part) {
            visit(part, n*part/count, n*(part + 1)/count);
        }
    }

    // A token that has chosen.
    void attend(const sol_attn_plan::token & t) {
        distances.measure(l, t);

        for (int64_t h = h_begin; h < h_end; ) {
            const int64_t chooser = h/l.n_joint;
            const int64_t end     = std::min(h_end, (chooser + 1)*l.n_joint);

            for_each_part(entry_count(t, h), [&](int64_t part, int64_t first, int64_t last) {
                list_entries(t, l.keep(t, chooser), first, last);
                attend_heads(&t, t.row, place_of(t), part, t.pos, cells.data(), (int64_t) cells.size(), h, end);
            });
            h = end;
        }
    }

    void attend(const sol_attn_plan::fixed_token & t) {
        tails.clear();

        for_each_part((int64_t) t.n, [&](int64_t part, int64_t first, int64_t last) {
            attend_heads(nullptr, t.row, place_of(t), part, t.pos, l.plan.fixed_cells.data() + t.begin + first, last - first, h_begin, h_end);
        });
    }

    // Entries first … last-1: of the cells of kept pages one after the other, then, if there is a tail, the dropped pages.
    void list_entries(const sol_attn_plan::token & t, const uint8_t * keep, int64_t first, int64_t last) {
        cells.clear();
        tails.clear();

        int64_t entry = 0;
        for (int64_t p = 0; p < t.n_pages; ++p) {
            if (keep[p]) {
                const auto &  page  = l.page(t, p);
                const int64_t begin = std::clamp<int64_t>(first - entry, 0, page.n);
                const int64_t end   = std::clamp<int64_t>(last  - entry, 0, page.n);

                cells.insert(cells.end(), l.store.cells.begin() + page.begin + begin, l.store.cells.begin() + page.begin + end);
                entry += page.n;
            }
        }
        for (int64_t p = 0; p < t.n_pages && l.layout.tail; ++p) {
            if (!keep[p]) {
                if (entry >= first && entry < last) {
                    tails.push_back((int32_t) p);
                }
                ++entry;
            }
        }
    }

    // Calls visit(first entry, number, rows[number][ne0], its first and last + 1 query head) for all entries and all KV heads of query heads
    // h0 … h1-1, a block at a time: a cell's heads lie side by side and are read together.
    template<typename F>
    void for_each_block(const ggml_tensor * kv, int64_t summary_part, const sol_attn_plan::token * t, const sol_visible_cell * list, int64_t n_cells,
            int64_t h0, int64_t h1, F visit) {
        const int64_t n      = kv->ne[0];
        const int64_t first  = h0/l.n_group;
        const int64_t last   = (h1 - 1)/l.n_group + 1;

        const int64_t block  = block_of(last - first, n);

        rows.resize((last - first)*block*n);

        const auto visit_heads = [&](int64_t entry, int64_t count) {
            for (int64_t head_kv = first; head_kv < last; ++head_kv) {
                visit(entry, count, rows.data() + (head_kv - first)*count*n, std::max(h0, head_kv*l.n_group), std::min(h1, (head_kv + 1)*l.n_group));
            }
        };

        for (int64_t i = 0; i < n_cells; i += block) {
            const int64_t count = std::min(block, n_cells - i);

            read_rows(kv, first, last, list + i, count, n_cells - i, rows.data());
            visit_heads(i, count);
        }

        for (int64_t i = 0; i < (int64_t) tails.size(); i += block) {
            const int64_t count = std::min(block, (int64_t) tails.size() - i);

            for (int64_t r = 0; r < count; ++r) {
                for (int64_t head_kv = first; head_kv < last; ++head_kv) {
                    memcpy(rows.data() + ((head_kv - first)*count + r)*n, l.summary(*t, tails[i + r], head_kv) + summary_part, n*sizeof(float));
                }
            }
            visit_heads(n_cells + i, count);
        }
    }

    // Query heads h0 … h1-1 over a part of a token's entries: these cells, and the tails.
    void attend_heads(const sol_attn_plan::token * t, int32_t row, int64_t place, int64_t part, llama_pos pos, const sol_visible_cell * list, int64_t n_cells,
            int64_t h0, int64_t h1) {
        const int64_t n = n_cells + (int64_t) tails.size();

        logits.resize((h1 - h0)*n);

        for_each_block(l.k, l.layout.mean_key(), t, list, n_cells, h0, h1, [&](int64_t first, int64_t count, const float * block, int64_t begin, int64_t end) {
            for (int64_t h = begin; h < end; ++h) {
                sol_dots(block, count, l.layout.n_k, l.query(row, h), l.op.scale, logits.data() + (h - h0)*n + first);
            }
        });

        for (int64_t h = h0; h < h1; ++h) {
            float *         x = logits.data() + (h - h0)*n;
            const head_part p = part_of(place, h, part);

            adjust(t, pos, list, n_cells, h, x);
            softmax(x, n, sinks && part == 0 ? ((const float *) sinks->data)[h] : -INFINITY, p);

            std::fill(p.values, p.values + l.layout.n_v, 0.0f);
        }

        for_each_block(l.v, l.layout.mean_value(), t, list, n_cells, h0, h1, [&](int64_t first, int64_t count, const float * block, int64_t begin, int64_t end) {
            for (int64_t h = begin; h < end; ++h) {
                sol_add_weighted(block, count, l.layout.n_v, logits.data() + (h - h0)*n + first, part_of(place, h, part).values);
            }
        });
    }

    template<typename T>
    void join(const T & t, int64_t h0, int64_t h1) {
        const int64_t place = place_of(t);

        for (int64_t h = h0; h < h1; ++h) {
            const int64_t n = part_count(entry_count(t, h));

            float greatest = -INFINITY;
            for (int64_t i = 0; i < n; ++i) {
                greatest = std::max(greatest, *part_of(place, h, i).greatest);
            }

            float * out = output(t.row, h);
            std::fill(out, out + l.layout.n_v, 0.0f);

            float sum = 0.0f;
            for (int64_t i = 0; i < n; ++i) {
                const head_part p      = part_of(place, h, i);
                const float     weight = std::exp(*p.greatest - greatest);

                sum += weight* *p.sum;
                for (int64_t d = 0; d < l.layout.n_v; ++d) {
                    out[d] += weight*p.values[d];
                }
            }
            for (int64_t d = 0; d < l.layout.n_v; ++d) {
                out[d] /= sum;
            }
        }
    }

    // From scaled dot products to logits.
    void adjust(const sol_attn_plan::token * t, llama_pos pos, const sol_visible_cell * list, int64_t n_cells, int64_t head, float * x) const {
        const int64_t n = n_cells + (int64_t) tails.size();

        if (l.op.softcap != 0.0f) {
            for (int64_t i = 0; i < n; ++i) {
                x[i] = l.capped(x[i]);
            }
        }

        if (l.op.max_bias > 0.0f) {
            const float slope = alibi_slope(l.op.max_bias, head, l.n_head);
            for (int64_t i = 0; i < n; ++i) {
                x[i] -= slope*(i < n_cells ? std::fabs((float) (list[i].pos - pos)) : distances.mean[tails[i - n_cells]]);
            }
        }

        for (int64_t i = n_cells; i < n; ++i) {
            x[i] += std::log((float) l.page(*t, tails[i - n_cells]).n);
        }
    }

    // x becomes exp(x − greatest). `sink`: the logit of a key without a value.
    static void softmax(float * x, int64_t n, float sink, const head_part & p) {
        *p.greatest = sol_max(x, n, sink);
        *p.sum      = sol_exp_sum(x, n, *p.greatest) + (sink == -INFINITY ? 0.0f : std::exp(sink - *p.greatest));
    }

    float * output(int32_t row, int64_t head) const {
        return (float *) dst->data + (row*l.n_head + head)*l.layout.n_v;
    }

    const layer & l;

    ggml_tensor *       dst;
    const ggml_tensor * sinks;

    const int     nth;
    const int64_t n_slice; // slices of the heads
    const int64_t n_turn;  // threads that have the same slice, and different parts
    const int64_t turn;
    const int64_t h_begin;
    const int64_t h_end;

    page_distances                distances;
    std::vector<sol_visible_cell> cells;
    std::vector<int32_t>          tails;
    std::vector<float>            logits;
    std::vector<float>            rows;
    std::vector<float>            own; // as the plan's parts, of one token
};

} // namespace

size_t sol_summary_size(const sol_context_params & params, const ggml_tensor * k, const ggml_tensor * v) {
    return (size_t) (summary_layout(params, k, v).size()*k->ne[2]);
}

int64_t sol_chooser_count(const sol_context_params & params, int64_t n_head, int64_t n_head_kv) {
    switch (params.attn_choice) {
        case SOL_ATTN_SHARED:         return 1;
        case SOL_ATTN_PER_QUERY_HEAD: return n_head;
        default:                      return n_head_kv;
    }
}

static void summarize(const layer & l, const sol_page_store::page & page, float * summary, std::vector<float> & rows) {
    const summary_layout & layout = l.layout;
    const auto *           cells  = l.store.cells.data() + page.begin;

    rows.resize(page.n*std::max(layout.n_k, layout.n_v));

    const std::vector<float> equal(page.n, 1.0f/page.n);

    for (int64_t head = 0; head < l.n_head_kv; ++head) {
        float * s = summary + head*layout.size();

        read_rows(l.k, head, head + 1, cells, page.n, page.n, rows.data());

        if (layout.quest) {
            float * least    = s + layout.least_key();
            float * greatest = s + layout.greatest_key();

            std::copy(rows.begin(), rows.begin() + layout.n_k, least);
            std::copy(rows.begin(), rows.begin() + layout.n_k, greatest);
            for (int64_t r = 1; r < page.n; ++r) {
                for (int64_t d = 0; d < layout.n_k; ++d) {
                    least   [d] = std::min(least   [d], rows[r*layout.n_k + d]);
                    greatest[d] = std::max(greatest[d], rows[r*layout.n_k + d]);
                }
            }
        }
        if (layout.has_mean_key()) {
            std::fill(s + layout.mean_key(), s + layout.mean_key() + layout.n_k, 0.0f);
            sol_add_weighted(rows.data(), page.n, layout.n_k, equal.data(), s + layout.mean_key());
        }
        if (layout.tail) {
            read_rows(l.v, head, head + 1, cells, page.n, page.n, rows.data());
            std::fill(s + layout.mean_value(), s + layout.mean_value() + layout.n_v, 0.0f);
            sol_add_weighted(rows.data(), page.n, layout.n_v, equal.data(), s + layout.mean_value());
        }
    }
}

void sol_op_summarize(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const layer l(dst, userdata);

    std::vector<float> rows;

    for (size_t p = l.store.first_new + ith; p < l.store.pages.size(); p += nth) {
        summarize(l, l.store.pages[p], l.summaries + p*l.summary_size, rows);
    }
}

void sol_op_choose(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const layer l(dst, userdata);

    page_choice choice(l);

    for (int64_t i = ith; i < (int64_t) l.plan.tokens.size()*l.n_chooser; i += nth) {
        choice.choose(l.plan.tokens[i/l.n_chooser], i % l.n_chooser);
    }
}

void sol_op_attend(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const layer l(dst, userdata);

    attention(l, dst, ith, nth).run();

    for (size_t t = 0; t < l.plan.tokens.size() && ith == 0; ++t) {
        sol_usage & usage    = l.op.state->usage[l.plan.tokens[t].index];
        int64_t   & attended = l.op.sliding ? usage.sliding_attended : usage.full_attended;

        for (int64_t c = 0; c < l.n_chooser; ++c) {
            attended += l.plan.attended[c*l.plan.tokens.size() + t]*l.n_joint;
        }
    }
}
