#include "sol-attend.h"

#include "sol-choice.h"
#include "sol-select.h"

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

void read_row(const ggml_tensor * t, int64_t cell, int64_t head, float * out) {
    const char * src = (const char *) t->data + cell*t->nb[1] + head*t->nb[2];

    if (t->type == GGML_TYPE_F32) {
        memcpy(out, src, t->ne[0]*sizeof(float));
    } else {
        ggml_get_type_traits(t->type)->to_float(src, out, t->ne[0]);
    }
}

float dot(const float * a, const float * b, int64_t n) {
    constexpr int64_t LANES = 8; // independent sums, which the compiler can keep in one register

    float sums[LANES] = {};

    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int64_t l = 0; l < LANES; ++l) {
            sums[l] += a[i + l]*b[i + l];
        }
    }

    float sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < n; ++i) {
        sum += a[i]*b[i];
    }
    return sum;
}

// The greatest q·k that keys between these bounds can have.
float upper_bound(const float * q, const float * least, const float * greatest, int64_t n) {
    float sum = 0.0f;
    for (int64_t i = 0; i < n; ++i) {
        sum += std::max(q[i]*least[i], q[i]*greatest[i]);
    }
    return sum;
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

// The attention of the tokens of one layer that one thread computes.
class attention {
public:
    attention(const sol_attn_op & op, ggml_tensor * dst) :
            op(op), params(op.state->params), plan(*op.plan), dst(dst), q(dst->src[1]), k(dst->src[2]), v(dst->src[3]), sinks(dst->src[5]),
            layout(params, k, v), n_head(q->ne[2]), n_head_kv(k->ne[2]), n_group(n_head/n_head_kv), row(std::max(k->ne[0], v->ne[0])) {}

    void compute(const sol_page_plan::token & t) {
        score_pages(t);

        switch (params.attn_choice) {
            case SOL_ATTN_SHARED:
                choose(t, 0, 0, n_head);
                break;
            case SOL_ATTN_PER_QUERY_HEAD:
                for (int64_t h = 0; h < n_head; ++h) {
                    choose(t, (int32_t) h, h, h + 1);
                }
                break;
            default:
                for (int64_t h = 0; h < n_head_kv; ++h) {
                    choose(t, (int32_t) h, h*n_group, (h + 1)*n_group);
                }
        }
    }

private:
    const float * query(const sol_page_plan::token & t, int64_t head) const {
        return (const float *) ((const char *) q->data + t.row*q->nb[1] + head*q->nb[2]);
    }

    const sol_page_plan::page & page(const sol_page_plan::token & t, int64_t p) const {
        return plan.pages[plan.choices[t.begin + p].page];
    }

    const float * summary(const sol_page_plan::token & t, int64_t p, int64_t head_kv) const {
        return plan.summaries.data() + plan.choices[t.begin + p].page*plan.summary_size + head_kv*layout.size();
    }

    float capped(float logit) const {
        return op.softcap == 0.0f ? logit : op.softcap*std::tanh(logit);
    }

    // ALiBi adds slope times −distance.
    void measure_distances(const sol_page_plan::token & t) {
        mean_distance .assign(t.n_pages, 0.0f);
        least_distance.assign(t.n_pages, 0.0f);

        for (int64_t p = 0; p < t.n_pages && op.max_bias > 0.0f; ++p) {
            const auto & pg = page(t, p);

            float sum   = 0.0f;
            float least = INFINITY;
            for (int32_t i = pg.begin; i < pg.begin + pg.n; ++i) {
                const float distance = std::fabs((float) (plan.cells[i].pos - t.pos));
                sum  += distance;
                least = std::min(least, distance);
            }
            mean_distance [p] = sum/pg.n;
            least_distance[p] = least;
        }
    }

    // scores[n_head][n_pages]: q·k as the criterion estimates it, scaled.
    void score_pages(const sol_page_plan::token & t) {
        measure_distances(t);

        scores.resize(n_head*t.n_pages);

        for (int64_t h = 0; h < n_head; ++h) {
            for (int64_t p = 0; p < t.n_pages; ++p) {
                const float * s = summary(t, p, h/n_group);

                const float score = op.scale*(layout.quest
                    ? upper_bound(query(t, h), s + layout.least_key(), s + layout.greatest_key(), layout.n_k)
                    : dot(query(t, h), s + layout.mean_key(), layout.n_k));

                scores[h*t.n_pages + p] = std::isnan(score) ? -INFINITY : score;
            }
        }
    }

    // weights[n_pages] by which heads h0 … h1-1 choose.
    void weigh_pages(const sol_page_plan::token & t, int64_t h0, int64_t h1) {
        weights.assign(t.n_pages, 0.0f);
        head_weights.resize(t.n_pages);

        for (int64_t h = h0; h < h1; ++h) {
            const float * distance = layout.quest ? least_distance.data() : mean_distance.data();
            const float   slope    = alibi_slope(op.max_bias, h, n_head);

            if (h1 - h0 == 1) {
                for (int64_t p = 0; p < t.n_pages; ++p) {
                    weights[p] = scores[h*t.n_pages + p] - slope*distance[p];
                }
                return;
            }

            float max = -INFINITY;
            for (int64_t p = 0; p < t.n_pages; ++p) {
                head_weights[p] = capped(scores[h*t.n_pages + p]) - slope*distance[p] + std::log((float) page(t, p).n);
                max = std::max(max, head_weights[p]);
            }
            if (!std::isfinite(max)) {
                continue; // damaged keys: this head has no say
            }

            float sum = 0.0f;
            for (float & w : head_weights) {
                w    = std::exp(w - max);
                sum += w;
            }
            for (int64_t p = 0; p < t.n_pages; ++p) {
                weights[p] += head_weights[p]/sum;
            }
        }
    }

    void choose(const sol_page_plan::token & t, int32_t part, int64_t h0, int64_t h1) {
        weigh_pages(t, h0, h1);

        for (int64_t p = 0; p < t.n_pages; ++p) {
            if (plan.choices[t.begin + p].forced) {
                weights[p] = INFINITY;
            }
        }

        keep.resize(t.n_pages);
        sol_select_top(weights.data(), t.n_pages, t.n_keep, keep.data(), scratch);

        if (op.state->choices) {
            op.state->choices->on_choice({ sol_choice_kind::PAGES, op.il, t.index, part }, keep.data(), t.n_pages);
        }

        list_entries(t);

        for (int64_t h = h0; h < h1; ) {
            const int64_t end = std::min(h1, (h/n_group + 1)*n_group); // query heads of one KV head read its rows together
            attend(t, h, end);
            h = end;
        }

        sol_usage & usage = op.state->usage[t.index];
        (op.sliding ? usage.sliding_attended : usage.full_attended) += n_attended*(h1 - h0);
    }

    // What enters the softmax: the cells of kept pages, and dropped pages as a whole if there is a tail.
    void list_entries(const sol_page_plan::token & t) {
        cells.clear();
        tails.clear();

        for (int64_t p = 0; p < t.n_pages; ++p) {
            const auto & pg = page(t, p);

            if (keep[p]) {
                cells.insert(cells.end(), plan.cells.begin() + pg.begin, plan.cells.begin() + pg.begin + pg.n);
            } else if (layout.tail) {
                tails.push_back((int32_t) p);
            }
        }

        n_attended = (int64_t) cells.size();
    }

    // Query heads h0 … h1-1, all of one KV head.
    void attend(const sol_page_plan::token & t, int64_t h0, int64_t h1) {
        const int64_t head_kv = h0/n_group;
        const int64_t n       = (int64_t) (cells.size() + tails.size());

        logits.resize((h1 - h0)*n);

        for (int64_t i = 0; i < n; ++i) {
            const bool    is_cell = i < n_attended;
            const int32_t tail    = is_cell ? 0 : tails[i - n_attended];

            const float * key = row.data();
            if (is_cell) {
                read_row(k, cells[i].cell, head_kv, row.data());
            } else {
                key = summary(t, tail, head_kv) + layout.mean_key();
            }

            const float distance = is_cell ? std::fabs((float) (cells[i].pos - t.pos)) : mean_distance[tail];

            for (int64_t h = h0; h < h1; ++h) {
                logits[(h - h0)*n + i] = capped(op.scale*dot(query(t, h), key, layout.n_k))
                    - (op.max_bias > 0.0f ? alibi_slope(op.max_bias, h, n_head)*distance : 0.0f)
                    + (is_cell ? 0.0f : std::log((float) page(t, tail).n));
            }
        }

        for (int64_t h = h0; h < h1; ++h) {
            softmax(logits.data() + (h - h0)*n, n, sinks ? ((const float *) sinks->data)[h] : -INFINITY);
            std::fill(output(t, h), output(t, h) + layout.n_v, 0.0f);
        }

        for (int64_t i = 0; i < n; ++i) {
            const float * value = row.data();
            if (i < n_attended) {
                read_row(v, cells[i].cell, head_kv, row.data());
            } else {
                value = summary(t, tails[i - n_attended], head_kv) + layout.mean_value();
            }

            for (int64_t h = h0; h < h1; ++h) {
                const float weight = logits[(h - h0)*n + i];
                float *     out    = output(t, h);

                for (int64_t d = 0; d < layout.n_v; ++d) {
                    out[d] += weight*value[d];
                }
            }
        }
    }

    float * output(const sol_page_plan::token & t, int64_t head) const {
        return (float *) dst->data + (t.row*n_head + head)*layout.n_v;
    }

    // `sink`: the logit of a key without a value.
    static void softmax(float * x, int64_t n, float sink) {
        float max = sink;
        for (int64_t i = 0; i < n; ++i) {
            max = std::max(max, x[i]);
        }

        float sum = sink == -INFINITY ? 0.0f : std::exp(sink - max);
        for (int64_t i = 0; i < n; ++i) {
            x[i] = std::exp(x[i] - max);
            sum += x[i];
        }
        for (int64_t i = 0; i < n; ++i) {
            x[i] /= sum;
        }
    }

    const sol_attn_op &        op;
    const sol_context_params & params;
    const sol_page_plan &      plan;

    ggml_tensor *       dst;
    const ggml_tensor * q;
    const ggml_tensor * k;
    const ggml_tensor * v;
    const ggml_tensor * sinks;

    const summary_layout layout;

    const int64_t n_head;
    const int64_t n_head_kv;
    const int64_t n_group; // query heads of a KV head

    // of the token at hand
    std::vector<float> scores;
    std::vector<float> mean_distance;
    std::vector<float> least_distance;

    // of the choice at hand
    std::vector<float>            weights;
    std::vector<float>            head_weights;
    std::vector<float>            scratch;
    std::vector<uint8_t>          keep;
    std::vector<sol_visible_cell> cells;
    std::vector<int32_t>          tails;
    int64_t                       n_attended = 0;

    std::vector<float> logits;
    std::vector<float> row;
};

} // namespace

size_t sol_summary_size(const sol_context_params & params, const ggml_tensor * k, const ggml_tensor * v) {
    return (size_t) (summary_layout(params, k, v).size()*k->ne[2]);
}

void sol_op_summarize(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = *(const sol_attn_op *) userdata;

    const ggml_tensor * k = dst->src[0];
    const ggml_tensor * v = dst->src[1];

    sol_page_plan & plan = *op.plan;

    const summary_layout layout(op.state->params, k, v);

    std::vector<float> row(std::max(k->ne[0], v->ne[0]));

    for (size_t p = ith; p < plan.pages.size(); p += nth) {
        const auto & page = plan.pages[p];

        for (int64_t head = 0; head < k->ne[2]; ++head) {
            float * s = plan.summaries.data() + p*plan.summary_size + head*layout.size();

            float * least    = s + layout.least_key();
            float * greatest = s + layout.greatest_key();
            float * key      = s + layout.mean_key();
            float * value    = s + layout.mean_value();

            if (layout.quest) {
                std::fill(least,    least    + layout.n_k,  INFINITY);
                std::fill(greatest, greatest + layout.n_k, -INFINITY);
            }
            if (layout.has_mean_key()) {
                std::fill(key, key + layout.n_k, 0.0f);
            }
            if (layout.tail) {
                std::fill(value, value + layout.n_v, 0.0f);
            }

            for (int32_t i = page.begin; i < page.begin + page.n; ++i) {
                read_row(k, plan.cells[i].cell, head, row.data());

                for (int64_t d = 0; d < layout.n_k && layout.quest; ++d) {
                    least   [d] = std::min(least   [d], row[d]);
                    greatest[d] = std::max(greatest[d], row[d]);
                }
                for (int64_t d = 0; d < layout.n_k && layout.has_mean_key(); ++d) {
                    key[d] += row[d]/page.n;
                }
                if (layout.tail) {
                    read_row(v, plan.cells[i].cell, head, row.data());
                    for (int64_t d = 0; d < layout.n_v; ++d) {
                        value[d] += row[d]/page.n;
                    }
                }
            }
        }
    }
}

void sol_op_attend(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = *(const sol_attn_op *) userdata;

    attention work(op, dst);

    for (size_t t = ith; t < op.plan->tokens.size(); t += nth) {
        work.compute(op.plan->tokens[t]);
    }
}
