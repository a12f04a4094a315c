// The knobs on every architecture for which upstream's test-llama-archs makes a random model: what is reported as reached is, and
// as the oracle has it; what is not is bit for bit upstream's.
//
// test-archs PROGRAM [REGEX]: PROGRAM is that test, which writes the models; REGEX picks architectures.

#include "oracle-attention.h"
#include "oracle-file.h"
#include "oracle-mlp.h"
#include "oracle-select.h"
#include "test-support.h"

#include "llama-arch.h"

#include <cstring>
#include <functional>
#include <regex>

namespace {

struct config {
    const char *       name;
    sol_context_params params;
};

sol_context_params arch_context() {
    sol_context_params params = small_context();
    params.n_batch     = params.n_ubatch = 32;
    params.attn_sinks  = 1;
    params.attn_window = 1;
    return params;
}

std::vector<config> make_configs() {
    config recency { "recency, groups of 8", arch_context() };

    config quest { "quest + tail, channels, rounded inputs", arch_context() };
    quest.params.attn_criterion = SOL_ATTN_QUEST;
    quest.params.attn_dropped   = SOL_ATTN_DROPPED_TAIL;
    quest.params.attn_page      = 4;
    quest.params.mlp_criterion  = SOL_MLP_CHANNEL;
    quest.params.bits_site      = SOL_BITS_INPUT;

    config mean { "mean per query head, groups of 32", arch_context() };
    mean.params.attn_criterion = SOL_ATTN_MEAN;
    mean.params.attn_choice    = SOL_ATTN_PER_QUERY_HEAD;
    mean.params.attn_page      = 3;
    mean.params.mlp_group      = 32;

    return { recency, quest, mean };
}

std::vector<sol_layer_info> layers_of(const sol_model & model, const sol_context & context) {
    std::vector<sol_layer_info> res(llama_model_n_layer(model.llama.get()));
    for (size_t il = 0; il < res.size(); ++il) {
        CHECK_OK(sol_context_layer_info(&context, (int32_t) il, &res[il]));
    }
    return res;
}

constexpr int32_t PREFILL = 20;
constexpr int32_t STEPS   = 2;

// A prefill and some steps, from an empty cache, all of them outputs.
std::vector<token_batch> make_batches(int32_t n_vocab, const std::function<sol_knobs()> & knobs) {
    std::mt19937 rng(3);

    std::vector<token_batch> res(1 + STEPS);
    for (int32_t i = 0; i < PREFILL + STEPS; ++i) {
        res[std::max(0, i - PREFILL + 1)].add((llama_token) (rng() % n_vocab), i, 0, true, knobs());
    }
    return res;
}

void decode(sol_context & context, const token_batch & batch, bool with_knobs = true) {
    const sol_batch view = batch.view(with_knobs);
    CHECK_OK(sol_decode(&context, &view));
}

std::vector<float> all_logits(sol_context & context, const std::vector<token_batch> & batches, bool with_knobs = true) {
    sol_kv_clear(&context);

    std::vector<float> res;
    for (const auto & batch : batches) {
        decode(context, batch, with_knobs);
        for (int32_t i = 0; i < batch.size(); ++i) {
            const auto logits = logits_of(context, i);
            res.insert(res.end(), logits.begin(), logits.end());
        }
    }
    return res;
}

bool same_bits(const std::vector<float> & a, const std::vector<float> & b) {
    return a.size() == b.size() && memcmp(a.data(), b.data(), a.size()*sizeof(float)) == 0;
}

//
// what is reached changes something, the rest nothing
//

void check_reach(sol_context & context, const std::vector<sol_layer_info> & layers) {
    const auto batches = [&](sol_knobs knobs) { return make_batches(context.n_vocab, [=] { return knobs; }); };

    const auto without = all_logits(context, batches(DENSE), false);
    CHECK(std::all_of(without.begin(), without.end(), [](float x) { return std::isfinite(x); }), "logits are not finite without knobs");

    const auto dense = all_logits(context, batches(DENSE));
    CHECK(same_bits(dense, without), "dense knobs differ from none by %g", max_difference(dense, without));

    const auto check = [&](const char * knob, sol_knobs knobs, bool reached) {
        const auto logits = all_logits(context, batches(knobs));
        CHECK(std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); }), "logits are not finite with a low %s", knob);
        CHECK(same_bits(logits, without) == !reached, "%s is %sreached, but the logits differ by %g", knob, reached ? "" : "not ", max_difference(logits, without));
    };
    const auto any = [&](auto reaches) { return std::any_of(layers.begin(), layers.end(), reaches); };

    check("attn_keep", { 0.05f, 1.0f, 16 }, any([](const sol_layer_info & l) { return l.attn != SOL_ATTN_NONE; }));
    check("mlp_keep",  { 1.0f, 0.1f, 16 }, any([](const sol_layer_info & l) { return l.mlp_units + l.shared_units + l.routed_units > 0; }));
    check("act_bits",  { 1.0f, 1.0f,  4 }, any([](const sol_layer_info & l) { return l.act_bits; }));
}

//
// the ops against the oracle
//

class op_oracle {
public:
    op_oracle(sol_model & model, const std::string & path, const sol_context_params & params) :
            params(params), weights(path), context(sol_context_make(model, params, graph_observer::callback, &seen)), layers(layers_of(model, *context)) {
        context->state->choices = &choices;
    }

    void check() {
        std::mt19937 rng(4);

        const auto batches = make_batches(context->n_vocab, [&] { return random_knobs(rng); });

        // what dense attention sees
        std::vector<std::vector<seen_attention>> dense;
        for (token_batch batch : batches) {
            std::fill(batch.knobs.begin(), batch.knobs.end(), DENSE);
            run(batch);
            dense.push_back(seen.attention);
        }
        sol_kv_clear(context.get());

        for (size_t b = 0; b < batches.size(); ++b) {
            run(batches[b]);
            check_batch(batches[b], dense[b]);
        }
    }

private:
    void run(const token_batch & batch) {
        seen.clear();
        choices.clear();
        decode(*context, batch);
    }

    void check_batch(const token_batch & batch, const std::vector<seen_attention> & dense) {
        expected.assign(batch.size(), {});

        n_chosen.clear();

        CHECK(dense.size() == seen.attention.size(), "%zu attentions, %zu with dense knobs", seen.attention.size(), dense.size());
        for (size_t n = 0; n < dense.size(); ++n) {
            check_attentions(batch, seen.attention[n], dense[n]);
        }
        if (dense.empty()) {
            count_plain_attention(batch);
        }
        for (const auto & c : seen.pruned) {
            check_pruned(batch, c, c.reader.find("shexp") != std::string::npos ? sol_choice_kind::SHARED_UNITS : sol_choice_kind::DENSE_UNITS);
        }
        for (const auto & c : seen.experts) {
            check_pruned(batch, c, sol_choice_kind::ROUTED_UNITS);
        }
        for (const auto & c : seen.inputs) {
            check_inputs(batch, c);
        }
        for (const auto & c : seen.rounded) {
            for (int32_t i = 0; i < batch.size(); ++i) {
                check_rounded(what("output", c.il, i).c_str(), row(c.before, i), c.after.row(i), batch.knobs[i].act_bits);
            }
        }
        for (int32_t i = 0; i < batch.size(); ++i) {
            check_usage(i);
        }
    }

    static std::string what(const char * op, int il, int64_t i) {
        return std::string(op) + " of layer " + std::to_string(il) + ", token " + std::to_string(i);
    }

    static std::vector<float> row(const seen_rows & rows, int64_t r) { return { rows.row(r), rows.row(r) + rows.n_cols }; }

    void check_attentions(const token_batch & batch, const seen_attention & a, const seen_attention & dense) {
        CHECK(a.n_tokens == batch.size() && a.il >= 0 && a.il < (int) layers.size(), "attention of %d tokens in layer %d", (int) a.n_tokens, a.il);

        if (!a.written.empty()) {
            position_of[a.cache].resize(std::max<size_t>(position_of[a.cache].size(), a.n_cells), -1);
            for (int64_t r = 0; r < a.n_tokens; ++r) {
                position_of[a.cache].at(a.written[r]) = batch.pos[r];
            }
        }

        const auto & layer = layers[a.il];
        if (layer.attn == SOL_ATTN_NONE) {
            CHECK(!a.replaced && a.mask.data == dense.mask.data, "layer %d is not reached, but its attention is another", a.il);
            return;
        }
        CHECK(a.replaced == (params.attn_criterion != SOL_ATTN_RECENCY), "layer %d is reached, but its attention is upstream's", a.il);

        for (int64_t r = 0; r < a.n_tokens; ++r) {
            std::vector<visible_position> visible;
            for (int64_t cell = 0; cell < a.n_cells; ++cell) {
                if (dense.mask.row(r)[cell] != -INFINITY) {
                    visible.push_back({ position_of.at(a.cache).at(cell), cell });
                }
            }
            std::sort(visible.begin(), visible.end(), [](const visible_position & x, const visible_position & y) { return x.pos < y.pos; });

            const int64_t n = check_attention(what("attention", a.il, r).c_str(), a, r, r, batch.pos[r], visible, batch.knobs[r].attn_keep, params, choices);

            const bool sliding = layer.attn == SOL_ATTN_SLIDING;
            (sliding ? expected[r].sliding_attended : expected[r].full_attended) += n;
            (sliding ? expected[r].sliding_visible  : expected[r].full_visible)  += (int64_t) visible.size()*a.n_head;
        }
    }

    // Without the fused op there is only the mask: what should be counted, by the positions of the one sequence.
    void count_plain_attention(const token_batch & batch) {
        for (size_t il = 0; il < layers.size(); ++il) {
            CHECK(layers[il].attn != SOL_ATTN_SLIDING, "no oracle for sliding layers without the fused op");
            if (layers[il].attn == SOL_ATTN_NONE) {
                continue;
            }
            for (int32_t i = 0; i < batch.size(); ++i) {
                const int64_t visible = batch.pos[i] + 1;
                const int64_t forced  = std::min<int64_t>(visible, params.attn_sinks + params.attn_window + 1);
                const int64_t n_head  = llama_model_n_head(context->model->llama.get());
                expected[i].full_visible  += visible*n_head;
                expected[i].full_attended += std::max(oracle_count(batch.knobs[i].attn_keep, visible), forced)*n_head;
            }
        }
    }

    void count(int64_t i, sol_choice_kind kind, int64_t kept, int64_t units) {
        sol_usage & u = expected[i];
        switch (kind) {
            case sol_choice_kind::SHARED_UNITS: u.shared_kept += kept; u.shared_units += units; break;
            case sol_choice_kind::ROUTED_UNITS: u.routed_kept += kept; u.routed_units += units; break;
            default:                            u.mlp_kept    += kept; u.mlp_units    += units; break;
        }
    }

    // The set that was chosen, all when none was.
    std::vector<uint8_t> chosen(const std::string & what, sol_choice_kind kind, int il, int64_t i, int64_t part, const std::vector<double> & scores, int64_t k) {
        if (k == (int64_t) scores.size()) {
            return std::vector<uint8_t>(scores.size(), 1);
        }
        const auto * kept = choices.find(kind, il, i, part, n_chosen[{ kind, il, i, part }]++);
        CHECK(kept, "%s: no choice of %d of %zu", what.c_str(), (int) k, scores.size());
        check_top(what.c_str(), *kept, scores, {}, k);
        return *kept;
    }

    void check_pruned(const token_batch & batch, const seen_change & c, sol_choice_kind kind) {
        const int64_t n_ff = c.before.n_cols;
        CHECK(c.before.n_rows == batch.size()*c.n_inner, "layer %d: %d rows of an MLP, %d tokens", c.il, (int) c.before.n_rows, batch.size());

        for (int64_t r = 0; r < c.before.n_rows; ++r) {
            const int64_t i      = r/c.n_inner;
            const int64_t expert = c.experts.empty() ? 0 : c.experts.at(r);

            const auto & norms = weights.norms(c.up, c.up_first, c.reader, n_ff, expert);
            const auto   name  = what("MLP", c.il, i) + ", expert " + std::to_string(expert);

            std::vector<double> scores((n_ff + params.mlp_group - 1)/params.mlp_group);
            for (int64_t j = 0; j < n_ff; ++j) {
                scores[j/params.mlp_group] += std::pow((c.magnitude.data.empty() ? c.before.row(r)[j] : c.magnitude.row(r)[j])*norms[j], 2);
            }
            for (double & s : scores) {
                s = std::sqrt(s);
            }

            const int64_t k    = oracle_count(batch.knobs[i].mlp_keep, (int64_t) scores.size());
            const auto    kept = chosen(name, kind, c.il, i, r % c.n_inner, scores, k);

            for (int64_t j = 0; j < n_ff; ++j) {
                const float value = kept[j/params.mlp_group] ? c.before.row(r)[j] : 0.0f;
                CHECK(c.after.row(r)[j] == value, "%s: neuron %d is %g, expected %g", name.c_str(), (int) j, c.after.row(r)[j], value);
            }
            count(i, kind, k, (int64_t) scores.size());
        }
    }

    void check_inputs(const token_batch & batch, const seen_change & c) {
        const auto kind = c.reader.find("shexp") != std::string::npos ? sol_choice_kind::SHARED_UNITS
                        : c.reader.find("exps")  != std::string::npos ? sol_choice_kind::ROUTED_UNITS : sol_choice_kind::DENSE_UNITS;
        const int64_t n_embd = c.before.n_cols;
        CHECK(c.before.n_rows == batch.size(), "layer %d: %d rows of an MLP's input, %d tokens", c.il, (int) c.before.n_rows, batch.size());

        for (int64_t i = 0; i < batch.size(); ++i) {
            std::vector<float>  x = row(c.before, i);
            std::vector<double> scores;
            for (const float v : x) {
                scores.push_back(std::fabs(v));
            }

            const auto    name = what("input", c.il, i);
            const int64_t k    = oracle_count(batch.knobs[i].mlp_keep, n_embd);
            const auto    kept = chosen(name, kind, c.il, i, 0, scores, k);
            for (int64_t ch = 0; ch < n_embd; ++ch) {
                x[ch] = kept[ch] ? x[ch] : 0.0f;
            }
            check_rounded(name.c_str(), x, c.after.row(i), batch.knobs[i].act_bits);
            count(i, kind, k, n_embd);
        }

        // nothing but a router reads the exact input
        for (const auto & p : seen.products) {
            const bool router = p.weight.find("ffn_gate_inp") != std::string::npos;
            if (p.in.data == c.before.data && c.before.data != c.after.data) {
                CHECK(router, "%s reads the exact input", p.weight.c_str());
            }
            if (p.in.data == c.after.data && c.before.data != c.after.data) {
                CHECK(!router, "%s does not read the exact input", p.weight.c_str());
            }
        }
    }

    void check_usage(int32_t i) const {
        sol_usage usage;
        CHECK_OK(sol_get_usage(context.get(), i, &usage));

        const sol_usage & e = expected[i];
        CHECK(memcmp(&usage, &e, sizeof(usage)) == 0, "token %d counts full %d/%d sliding %d/%d mlp %d/%d shared %d/%d routed %d/%d, expected %d/%d %d/%d %d/%d %d/%d %d/%d", i,
                (int) usage.full_attended, (int) usage.full_visible, (int) usage.sliding_attended, (int) usage.sliding_visible, (int) usage.mlp_kept, (int) usage.mlp_units,
                (int) usage.shared_kept, (int) usage.shared_units, (int) usage.routed_kept, (int) usage.routed_units,
                (int) e.full_attended, (int) e.full_visible, (int) e.sliding_attended, (int) e.sliding_visible, (int) e.mlp_kept, (int) e.mlp_units,
                (int) e.shared_kept, (int) e.shared_units, (int) e.routed_kept, (int) e.routed_units);

        // as the layers say
        sol_layer_info all {};
        for (const auto & l : layers) {
            all.mlp_units    += l.mlp_units;
            all.shared_units += l.shared_units;
            all.routed_units += l.routed_units;
        }
        CHECK(usage.mlp_units == all.mlp_units && usage.shared_units == all.shared_units && usage.routed_units == all.routed_units,
                "token %d counts %d units, %d shared, %d routed; the layers have %d, %d and %d", i,
                (int) usage.mlp_units, (int) usage.shared_units, (int) usage.routed_units, all.mlp_units, all.shared_units, all.routed_units);
    }

    const sol_context_params params;

    graph_observer  seen;
    choice_recorder choices;
    oracle_file     weights;

    std::unique_ptr<sol_context>      context;
    const std::vector<sol_layer_info> layers;

    std::map<std::string, std::vector<int64_t>> position_of; // cells, by cache

    std::map<std::tuple<sol_choice_kind, int, int64_t, int64_t>, size_t> n_chosen; // layers may have two mixtures
    std::vector<sol_usage>                      expected;
};

//
// the test of one model
//

std::string describe(const std::vector<sol_layer_info> & layers) {
    int full = 0, sliding = 0, dense = 0, shared = 0, routed = 0, bits = 0;
    for (const auto & l : layers) {
        full    += l.attn == SOL_ATTN_FULL;
        sliding += l.attn == SOL_ATTN_SLIDING;
        dense   += l.mlp_units    > 0;
        shared  += l.shared_units > 0;
        routed  += l.routed_units > 0;
        bits    += l.act_bits;
    }
    char text[128];
    snprintf(text, sizeof(text), "%2d+%-2d %4d %4d %4d %4d", full, sliding, dense, shared, routed, bits);
    return text;
}

struct outcome {
    int         n_tested  = 0;
    int         n_refused = 0;
    std::vector<std::string> failures;
};

// A model that is refused must be refused with a reason, not crash.
void test_model(const std::string & name, const std::string & path, outcome & res) {
    const auto refuse = [&] {
        const std::string reason = sol_last_error();
        printf("%-24s refused: %s\n", name.c_str(), reason.c_str());
        if (reason.empty()) {
            res.failures.push_back(name + ": refused without a reason");
        }
        ++res.n_refused;
    };

    const sol_model_params model_params = sol_model_default_params();
    sol_model * loaded = nullptr;
    if (sol_model_load(path.c_str(), &model_params, &loaded) != SOL_OK) {
        refuse();
        return;
    }
    const model_ptr model { loaded, sol_model_free };

    std::string line;
    for (const config & c : make_configs()) {
        try {
            sol_context * created = nullptr;
            if (sol_context_create(model.get(), &c.params, &created) != SOL_OK) {
                if (line.empty()) {
                    refuse();
                    return;
                }
                throw std::runtime_error(std::string("refused by this configuration alone: ") + sol_last_error());
            }
            const context_ptr context { created, sol_context_free };

            const auto layers = layers_of(*model, *context);
            line += (line.empty() ? "" : "  | ") + describe(layers);

            check_reach(*context, layers);
            op_oracle(*model, path, c.params).check();
        } catch (const std::exception & e) {
            res.failures.push_back(name + ", " + c.name + ": " + e.what());
        }
    }
    printf("%-24s %s\n", name.c_str(), line.c_str());
    fflush(stdout);
    ++res.n_tested;
}

void write_models(const std::string & program, const std::string & arch, const std::string & dir) {
    const std::string command = "'" + program + "' -s 1 -a '" + arch + "' -o '" + dir + "'";
    CHECK(system(command.c_str()) == 0, "%s failed", command.c_str());
}

} // namespace

int main(int argc, char ** argv) {
    return run_test([&] {
        CHECK(argc >= 2, "usage: test-archs PROGRAM [REGEX]");
        const std::regex pattern(argc > 2 ? argv[2] : ".*");

        printf("layers that are reached: full+sliding attention, dense, shared and routed MLPs, bits\n");
        printf("%-24s", "");
        for (const config & c : make_configs()) {
            printf(" %s |", c.name);
        }
        printf("\n");

        outcome     res;
        std::string others;
        for (const llm_arch arch : llm_arch_all()) {
            const std::string name = llm_arch_name(arch);
            if (!std::regex_match(name, pattern)) {
                continue;
            }

            const temp_dir dir;
            write_models(argv[1], name, dir.path.string());
            if (std::filesystem::is_empty(dir.path)) {
                others += " " + name;
            }
            for (const char * kind : { "dense", "moe" }) {
                const std::string path = dir/(name + "-" + kind + ".gguf");
                if (std::filesystem::exists(path)) {
                    test_model(name + " " + kind, path, res);
                }
            }
        }

        printf("no models by upstream's test:%s\n", others.c_str());
        printf("%d models tested, %d refused, %zu failures\n", res.n_tested, res.n_refused, res.failures.size());
        for (const auto & failure : res.failures) {
            fprintf(stderr, "FAILED %s\n", failure.c_str());
        }
        CHECK(res.failures.empty(), "%zu failures", res.failures.size());
        CHECK(argc > 2 || res.n_tested >= 100, "only %d models were tested: does upstream's test still write them?", res.n_tested);
    });
}
