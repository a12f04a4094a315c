#include "oracle-attention.h"

#include "oracle-select.h"

#include <numeric>

//
// cells
//

void oracle_cells::write(const std::string & cache, int64_t cell, llama_seq_id seq, llama_pos pos) {
    caches[cache][cell] = { pos, { seq } };
}

void oracle_cells::copy(llama_seq_id src, llama_seq_id dst) {
    for (auto & cache : caches) {
        for (auto & [_, c] : cache.second) {
            if (c.seqs.count(src)) {
                c.seqs.insert(dst);
            }
        }
    }
}

void oracle_cells::remove(llama_seq_id seq, llama_pos p0, llama_pos p1) {
    for (auto & cache : caches) {
        for (auto & [_, c] : cache.second) {
            if (c.pos >= p0 && (p1 < 0 || c.pos < p1)) {
                c.seqs.erase(seq);
            }
        }
    }
}

std::vector<visible_position> oracle_cells::visible(const std::string & cache, llama_seq_id seq, llama_pos pos, int64_t n_swa) const {
    std::vector<visible_position> res;

    const auto it = caches.find(cache);
    CHECK(it != caches.end(), "nothing was written to %s", cache.c_str());

    for (const auto & [cell, c] : it->second) {
        if (c.seqs.count(seq) && c.pos <= pos && (n_swa == 0 || pos - c.pos < n_swa)) {
            res.push_back({ c.pos, cell });
        }
    }
    std::sort(res.begin(), res.end(), [](const visible_position & a, const visible_position & b) { return a.pos < b.pos; });
    return res;
}

//
// attention
//

namespace {

struct entry { // of a softmax
    double         logit;
    const float *  value = nullptr; // of a position
    std::vector<double> mean;       // of a page
};

struct page {
    std::vector<visible_position> positions;
    bool                          forced;
};

class head_attention {
public:
    head_attention(const seen_attention & a, int64_t row, int64_t pos, int64_t head) :
            a(a), pos(pos), head_kv(head/(a.n_head/a.n_head_kv)), q(a.q.row(row*a.n_head + head)), slope(slope_of(head)),
            sink(a.sinks.empty() ? -INFINITY : (double) a.sinks[head]) {}

    const float * key(int64_t cell)   const { return a.k.row(cell*a.n_head_kv + head_kv); }
    const float * value(int64_t cell) const { return a.v.row(cell*a.n_head_kv + head_kv); }

    double capped(double x) const { return a.softcap > 0.0f ? a.softcap*std::tanh(x/a.softcap) : x; }

    double bias(const visible_position & v) const { return -slope*(double) std::llabs(v.pos - pos); }

    double mean_bias(const page & p) const {
        return std::accumulate(p.positions.begin(), p.positions.end(), 0.0, [&](double sum, const visible_position & v) { return sum + bias(v); })/p.positions.size();
    }

    template<typename Row>
    std::vector<double> mean(const page & p, int64_t n, Row row) const {
        std::vector<double> res(n);
        for (const auto & v : p.positions) {
            const float * values = row(v.cell);
            for (int64_t d = 0; d < n; ++d) {
                res[d] += (double) values[d]/p.positions.size();
            }
        }
        return res;
    }

    std::vector<double> mean_key(const page & p) const { return mean(p, a.k.n_cols, [&](int64_t cell) { return key(cell); }); }

    double dot_q(const std::vector<double> & key) const { return std::inner_product(key.begin(), key.end(), q, 0.0); }

    double estimate(const page & p, sol_attn_criterion criterion) const {
        if (criterion == SOL_ATTN_MEAN) {
            return a.scale*dot_q(mean_key(p));
        }
        std::vector<double> least   (a.k.n_cols,  INFINITY);
        std::vector<double> greatest(a.k.n_cols, -INFINITY);
        for (const auto & v : p.positions) {
            const float * k = key(v.cell);
            for (int64_t d = 0; d < a.k.n_cols; ++d) {
                least   [d] = std::min<double>(least   [d], k[d]);
                greatest[d] = std::max<double>(greatest[d], k[d]);
            }
        }
        double bound = 0.0;
        for (int64_t d = 0; d < a.k.n_cols; ++d) {
            bound += std::max(q[d]*least[d], q[d]*greatest[d]);
        }
        return a.scale*bound;
    }

    double estimated_bias(const page & p, sol_attn_criterion criterion) const {
        if (criterion == SOL_ATTN_MEAN) {
            return mean_bias(p);
        }
        double res = -INFINITY;
        for (const auto & v : p.positions) {
            res = std::max(res, bias(v));
        }
        return res;
    }

    entry of_position(const visible_position & v) const {
        return { capped(a.scale*std::inner_product(q, q + a.k.n_cols, key(v.cell), 0.0)) + bias(v), value(v.cell), {} };
    }

    entry of_dropped(const page & p) const {
        return { capped(a.scale*dot_q(mean_key(p))) + mean_bias(p) + std::log((double) p.positions.size()), nullptr,
            mean(p, a.v.n_cols, [&](int64_t cell) { return value(cell); }) };
    }

    // By how much a logit may change when q is rounded to Q8_0, as upstream does for keys of that type.
    double query_rounding(const std::vector<visible_position> & positions) const {
        double res = 0.0;
        for (const auto & v : positions) {
            double error = 0.0;
            for (int64_t first = 0; first < a.k.n_cols; first += 32) {
                double absmax = 0.0;
                double keys   = 0.0;
                for (int64_t d = first; d < first + 32; ++d) {
                    absmax = std::max<double>(absmax, std::fabs(q[d]));
                    keys  += std::fabs(key(v.cell)[d]);
                }
                error += absmax/127*(0.5 + 127*0x1p-11)*keys; // half a step, and a scale of F16
            }
            res = std::max(res, a.scale*error);
        }
        return res;
    }

    void check(const char * what, std::vector<entry> & entries, const float * out, double relative, double absolute) const {
        double max = sink;
        for (const entry & e : entries) {
            max = std::max(max, e.logit);
        }
        std::vector<double> expected(a.v.n_cols);
        std::vector<double> magnitude(a.v.n_cols);
        double sum = std::exp(sink - max);

        for (const entry & e : entries) {
            const double weight = std::exp(e.logit - max);
            sum += weight;
            for (int64_t d = 0; d < a.v.n_cols; ++d) {
                const double term = weight*(e.value ? e.value[d] : e.mean[d]);
                expected[d]  += term;
                magnitude[d] += std::fabs(term);
            }
        }
        for (int64_t d = 0; d < a.v.n_cols; ++d) {
            CHECK(std::fabs(out[d] - expected[d]/sum) <= relative*magnitude[d]/sum + absolute, "%s: value %d is %g, expected %g", what, (int) d, out[d], expected[d]/sum);
        }
    }

private:
    // Of the paper: the powers of 2^(-8/n), and for a count of heads that is no power of two every second one of twice as many.
    double slope_of(int64_t head) const {
        if (a.max_bias <= 0.0f) {
            return 0.0;
        }
        int64_t n = 1;
        while (2*n <= a.n_head) {
            n *= 2;
        }
        return head < n ? std::exp2(-a.max_bias*(head + 1)/n) : std::exp2(-a.max_bias*(2*(head - n) + 1)/(2*n));
    }

    const seen_attention & a;
    const int64_t pos;
    const int64_t head_kv;
    const float * q;
    const double  slope;
    const double  sink;
};

// Upstream accumulates in F16; ours in F32, from keys and values of up to a few hundred entries.
constexpr double UPSTREAM_RELATIVE = 1e-2;
constexpr double UPSTREAM_ABSOLUTE = 1e-3;
constexpr double OURS_RELATIVE     = 1e-4;
constexpr double OURS_ABSOLUTE     = 1e-6;

// The sinks and the newest `keep` of the rest.
std::vector<visible_position> recent(const std::vector<visible_position> & visible, float keep, const sol_context_params & params) {
    std::vector<visible_position> sinks;
    std::vector<visible_position> others; // newest first
    for (auto v = visible.rbegin(); v != visible.rend(); ++v) {
        (v->pos < params.attn_sinks ? sinks : others).push_back(*v);
    }

    others.resize(std::max<int64_t>(oracle_count(keep, (int64_t) visible.size()) - (int64_t) sinks.size(),
            std::min<int64_t>(params.attn_window + 1, (int64_t) others.size())));
    others.insert(others.end(), sinks.begin(), sinks.end());
    return others;
}

std::vector<page> pages_of(const std::vector<visible_position> & visible, const sol_context_params & params) {
    std::map<int64_t, page> by_number;

    int64_t n_recent = 0;
    for (auto v = visible.rbegin(); v != visible.rend(); ++v) {
        const bool is_sink   = v->pos < params.attn_sinks;
        const bool is_recent = !is_sink && n_recent++ <= params.attn_window;

        page & p = by_number.try_emplace(v->pos/params.attn_page).first->second;
        p.positions.push_back(*v);
        p.forced |= is_sink || is_recent;
    }

    std::vector<page> res;
    for (auto & [_, p] : by_number) {
        res.push_back(std::move(p));
    }
    return res;
}

// By what heads h0 … h1-1 choose.
std::vector<double> weights_of(const std::vector<head_attention> & heads, int64_t h0, int64_t h1, const std::vector<page> & pages, sol_attn_criterion criterion) {
    std::vector<double> res(pages.size());

    for (int64_t h = h0; h < h1; ++h) {
        std::vector<double> w;
        for (const page & p : pages) {
            const double score = heads[h].estimate(p, criterion);
            const double bias  = heads[h].estimated_bias(p, criterion);

            w.push_back(h1 - h0 == 1 ? score + bias : heads[h].capped(score) + bias + std::log((double) p.positions.size()));
        }
        if (h1 - h0 == 1) {
            return w;
        }

        const double max = *std::max_element(w.begin(), w.end());
        double sum = 0.0;
        for (double & x : w) {
            x = std::exp(x - max);
            sum += x;
        }
        for (size_t p = 0; p < pages.size(); ++p) {
            res[p] += w[p]/sum;
        }
    }
    return res;
}

} // namespace

int64_t check_attention(const char * what, const seen_attention & a, int64_t row, int64_t index, int64_t pos,
        const std::vector<visible_position> & visible, float keep, const sol_context_params & params, const choice_recorder & choices) {
    std::vector<head_attention> heads;
    for (int64_t h = 0; h < a.n_head; ++h) {
        heads.emplace_back(a, row, pos, h);
    }

    const auto check_positions = [&](const std::vector<visible_position> & positions) {
        for (int64_t h = 0; h < a.n_head; ++h) {
            std::vector<entry> entries;
            for (const auto & v : positions) {
                entries.push_back(heads[h].of_position(v));
            }
            const bool   ours     = a.dense.data.empty();
            const double rounding = a.quantized && !ours ? std::expm1(2*heads[h].query_rounding(positions)) : 0.0;

            heads[h].check(what, entries, a.out.row(row*a.n_head + h), (ours ? OURS_RELATIVE : UPSTREAM_RELATIVE) + rounding, ours ? OURS_ABSOLUTE : UPSTREAM_ABSOLUTE);
        }
        return (int64_t) positions.size()*a.n_head;
    };

    if (params.attn_criterion == SOL_ATTN_RECENCY) {
        return check_positions(recent(visible, keep, params));
    }

    const auto    criterion = (sol_attn_criterion) params.attn_criterion;
    const auto    pages     = pages_of(visible, params);
    const int64_t n_pages   = (int64_t) pages.size();

    std::vector<uint8_t> forced;
    for (const page & p : pages) {
        forced.push_back(p.forced);
    }
    const int64_t k       = std::max<int64_t>(oracle_count(keep, n_pages), std::count(forced.begin(), forced.end(), 1));
    const int64_t n_parts = params.attn_choice == SOL_ATTN_SHARED ? 1 : params.attn_choice == SOL_ATTN_PER_QUERY_HEAD ? a.n_head : a.n_head_kv;
    const int64_t n_heads = a.n_head/n_parts;

    if (k == n_pages) {
        for (int64_t part = 0; part < n_parts; ++part) {
            CHECK(!choices.find(sol_choice_kind::PAGES, a.il, index, part), "%s: chose from %d pages, all of which are kept", what, (int) n_pages);
        }
        CHECK(a.dense.data.empty() || std::equal(a.out.row(row*a.n_head), a.out.row(row*a.n_head) + a.n_head*a.v.n_cols, a.dense.row(row*a.n_head)),
                "%s: keeps all pages, but is not as upstream computed it", what);
        return check_positions(visible);
    }

    int64_t n_attended = 0;

    for (int64_t part = 0; part < n_parts; ++part) {
        const auto * kept = choices.find(sol_choice_kind::PAGES, a.il, index, part);
        CHECK(kept, "%s: part %d of %d chose nothing, %d of %d pages expected", what, (int) part, (int) n_parts, (int) k, (int) n_pages);
        CHECK((int64_t) kept->size() == n_pages, "%s: part %d chose from %zu pages, expected %d", what, (int) part, kept->size(), (int) n_pages);

        if (!choices.replaces) {
            check_top(what, *kept, weights_of(heads, part*n_heads, (part + 1)*n_heads, pages, criterion), forced, k);
        }

        for (int64_t h = part*n_heads; h < (part + 1)*n_heads; ++h) {
            std::vector<entry> entries;
            for (int64_t p = 0; p < n_pages; ++p) {
                if ((*kept)[p]) {
                    for (const auto & v : pages[p].positions) {
                        entries.push_back(heads[h].of_position(v));
                        ++n_attended;
                    }
                } else if (params.attn_dropped == SOL_ATTN_DROPPED_TAIL) {
                    entries.push_back(heads[h].of_dropped(pages[p]));
                }
            }
            heads[h].check(what, entries, a.out.row(row*a.n_head + h), OURS_RELATIVE, OURS_ABSOLUTE);
        }
    }
    return n_attended;
}
