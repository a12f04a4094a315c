// Gate predictors: files that are none, choices by one that is exact and by one that knows nothing, and the records that one is made from.
// Also what a model keeps for skipping, and where its layers skip.

#include "choice-recorder.h"
#include "graph-observer.h"
#include "test-support.h"

#include "llama-model.h"

#include "ggml-cpp.h"
#include "gguf.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace {

constexpr int64_t N_FF = 128;

struct model_files {
    temp_dir   dir;
    tiny_model m;

    explicit model_files(const std::string & arch, llama_ftype ftype = LLAMA_FTYPE_MOSTLY_F16) : m(make_tiny_model(arch, 21, N_FF)) {
        write_tiny_model(m, dir/"f32.gguf");
        CHECK_OK(sol_model_quantize((dir/"f32.gguf").c_str(), path().c_str(), ftype, 1));
        read_tiny_model(m, path());
    }

    std::string path() const { return dir/"model.gguf"; }
};

sol_status load(const std::string & path, const std::string & predictor, model_ptr & res) {
    sol_model_params params = sol_model_default_params();
    params.predictor = predictor.empty() ? nullptr : predictor.c_str();

    sol_model *      model  = nullptr;
    const sol_status status = sol_model_load(path.c_str(), &params, &model);
    res.reset(model);
    return status;
}

model_ptr load_with(const model_files & files, const std::string & predictor) {
    model_ptr res { nullptr, sol_model_free };
    CHECK_OK(load(files.path(), predictor, res));
    return res;
}

//
// files
//

struct matrix {
    std::string        name;
    int64_t            ne0;
    int64_t            ne1;
    std::vector<float> data;
};

// Version 0: a file without one.
void write_predictor(const std::string & path, const tiny_model & m, const std::vector<matrix> & matrices, ggml_type type, uint32_t version = 1) {
    const gguf_context_ptr gguf { gguf_init_empty() };

    gguf_set_val_str(gguf.get(), "general.architecture", m.arch.c_str());
    if (version > 0) {
        gguf_set_val_u32(gguf.get(), "sol.predictor.version", version);
    }

    size_t bytes = 1024;
    for (const matrix & x : matrices) {
        bytes += x.data.size()*sizeof(float) + ggml_tensor_overhead() + 64;
    }
    const ggml_context_ptr ctx { ggml_init({ bytes, nullptr, false }) };

    for (const matrix & x : matrices) {
        ggml_tensor * t = ggml_new_tensor_2d(ctx.get(), type, x.ne0, x.ne1);
        ggml_set_name(t, x.name.c_str());
        if (type == GGML_TYPE_F32) {
            memcpy(t->data, x.data.data(), ggml_nbytes(t));
        } else {
            ggml_quantize_chunk(type, x.data.data(), t->data, 0, x.ne1, x.ne0, nullptr);
        }
        gguf_add_tensor(gguf.get(), t);
    }
    CHECK(gguf_write_to_file(gguf.get(), path.c_str(), /*only_meta =*/ false), "cannot write %s", path.c_str());
}

std::string name_of(int64_t il, const char * part) {
    return "blk." + std::to_string(il) + ".sol_gate_" + part + ".weight";
}

std::vector<float> random_values(int64_t n, std::mt19937 & rng, float stddev) {
    std::normal_distribution<float> normal(0.0f, stddev);

    std::vector<float> res(n);
    std::generate(res.begin(), res.end(), [&] { return normal(rng); });
    return res;
}

// in = 1, out = the gate's own weights.
void add_exact(const tiny_model & m, int64_t il, std::vector<matrix> & res) {
    matrix in { name_of(il, "in"), m.n_embd, m.n_embd, std::vector<float>(m.n_embd*m.n_embd) };
    for (int64_t i = 0; i < m.n_embd; ++i) {
        in.data[i*m.n_embd + i] = 1.0f;
    }
    res.push_back(std::move(in));
    res.push_back({ name_of(il, "out"), m.n_embd, m.n_ff, m.tensors.at("blk." + std::to_string(il) + ".ffn_gate.weight").data });
}

void add_random(const tiny_model & m, int64_t il, int64_t rank, std::mt19937 & rng, std::vector<matrix> & res) {
    res.push_back({ name_of(il, "in"),  m.n_embd, rank, random_values(m.n_embd*rank, rng, 1.0f/std::sqrt((float) m.n_embd)) });
    res.push_back({ name_of(il, "out"), rank, m.n_ff,   random_values(m.n_ff*rank,   rng, 1.0f) });
}

void test_files() {
    const model_files files("llama");
    const auto &      m = files.m;
    std::mt19937      rng(1);

    const auto refused = [&](const std::string & path, sol_status expected, const char * words) {
        model_ptr        model { nullptr, sol_model_free };
        const sol_status status = load(files.path(), path, model);

        CHECK(status == expected, "%s: status %d instead of %d (%s)", words, status, expected, sol_last_error());
        CHECK(strstr(sol_last_error(), words), "the message '%s' does not say '%s'", sol_last_error(), words);
        CHECK(strstr(sol_last_error(), path.c_str()), "the message '%s' does not name '%s'", sol_last_error(), path.c_str());
        CHECK(!model, "%s: there is a model", words);
    };

    std::vector<matrix> good;
    add_random(m, 0, 32, rng, good);
    const std::string path = files.dir/"predictor.gguf";

    const auto refused_with = [&](const char * words, const std::function<void(std::vector<matrix> &)> & change, uint32_t version = 1) {
        std::vector<matrix> matrices = good;
        change(matrices);
        for (matrix & x : matrices) {
            x.data.resize(x.ne0*x.ne1);
        }
        write_predictor(path, m, matrices, GGML_TYPE_F16, version);
        refused(path, SOL_INVALID_MODEL, words);
    };
    const auto unchanged = [](std::vector<matrix> &) {};

    refused(files.dir/"missing.gguf", SOL_NOT_FOUND, "there is no file");
    refused(files.dir.path.string(), SOL_INVALID_MODEL, "is not a GGUF file");

    FILE * text = fopen(path.c_str(), "wb");
    fputs("a predictor of the weather", text);
    fclose(text);
    refused(path, SOL_INVALID_MODEL, "is not a GGUF file");

    refused(files.path(), SOL_INVALID_MODEL, "is not a gate predictor"); // a model
    refused_with("has no sol.predictor.version", unchanged, 0);
    refused_with("version 2; this build reads version 1", unchanged, 2);

    refused_with("is 32 × 32, must be 64 × 32",  [](auto & x) { x[0].ne0 = 32; });
    refused_with("is 16 × 128, must be 32 × 128", [](auto & x) { x[1].ne0 = 16; });
    refused_with("is 32 × 100, must be 32 × 128", [](auto & x) { x[1].ne1 = 100; });
    refused_with("for no layer", [](auto & x) { x[0].name = "other"; });
    refused_with("for no layer", [](auto & x) { x[0].name = name_of(7, "in"); x[1].name = name_of(7, "out"); });

    write_predictor(path, m, good, GGML_TYPE_F16);
    const auto size = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, size - 3000);
    refused(path, SOL_INVALID_MODEL, "is truncated");
    std::filesystem::resize_file(path, 40);
    refused(path, SOL_INVALID_MODEL, "is not a GGUF file");

    for (const ggml_type type : { GGML_TYPE_F16, GGML_TYPE_F32, GGML_TYPE_Q8_0 }) {
        write_predictor(path, m, good, type);
        const model_ptr model  = load_with(files, path);
        // `out` a second time by columns, where there is a layout for that
        const int64_t   n_out  = type == GGML_TYPE_F32 ? N_FF : 2*N_FF;
        const size_t    needed = (m.n_embd + n_out)*32*ggml_type_size(type)/ggml_blck_size(type);
        const size_t    extra  = sol_model_extra_bytes(model.get());
        CHECK(extra >= needed && extra <= needed + 1024, "a predictor of %s takes %zu bytes, expected %zu", ggml_type_name(type), extra, needed);
    }

    const model_ptr    model  = load_model(files.path());
    sol_context_params params = small_context();
    params.mlp_gate = SOL_GATE_PREDICTED;
    sol_context * context = nullptr;
    CHECK(sol_context_create(model.get(), &params, &context) == SOL_INVALID_ARGUMENT && !context, "predicted gates without a predictor");
    CHECK(strstr(sol_last_error(), "without a predictor"), "the message is '%s'", sol_last_error());

    printf("files that are no predictors\n");
}

//
// choices
//

struct decoded {
    std::vector<std::vector<float>> logits;
    std::vector<sol_usage>          usage;
    choice_recorder                 choices;
};

// Puts recorded sets in the place of what is chosen.
class choice_replayer : public sol_choice_observer {
public:
    const choice_recorder * from = nullptr;
    int64_t                 n_differ = 0;
    bool                    missing  = false;

    void on_choice(const sol_choice & c, uint8_t * keep, int64_t n) override {
        const std::lock_guard<std::mutex> lock(mutex);

        const auto * set = from->find(c.kind, c.il, c.index, c.part);
        if (!set || (int64_t) set->size() != n) {
            missing = true; // thrown through ggml, an exception would not arrive
            return;
        }
        n_differ += !std::equal(set->begin(), set->end(), keep);
        std::copy(set->begin(), set->end(), keep);
    }

private:
    std::mutex mutex;
};

// Calls visit(step, batch view, batch) for steps of one and of three tokens.
template<typename F>
void for_each_step(const tiny_model & m, F visit) {
    std::mt19937 rng(5);

    llama_pos pos = 0;
    for (int step = 0; step < 12; ++step) {
        token_batch batch;
        for (int32_t i = 0; i < (step % 3 == 0 ? 3 : 1); ++i) {
            sol_knobs knobs = random_knobs(rng);
            knobs.attn_keep = 1.0f;
            knobs.act_bits  = 16; // a last bit must not become a step
            batch.add(random_token(m, rng), pos++, 0, true, knobs);
        }
        const sol_batch view = batch.view();
        visit(step, view, batch);
    }
}

sol_context_params predicted_context(int32_t execution) {
    sol_context_params params = small_context();
    params.execution = execution;
    params.mlp_gate  = SOL_GATE_PREDICTED;
    params.mlp_group = 8;
    return params;
}

std::vector<decoded> run(const tiny_model & m, sol_model & model, const sol_context_params & params) {
    std::vector<decoded> res(12);
    const context_ptr    context = new_context(model, params);

    for_each_step(m, [&](int step, const sol_batch & view, const token_batch & batch) {
        context->state->choices = &res[step].choices;
        CHECK_OK(sol_decode(context.get(), &view));
        for (int32_t i = 0; i < batch.size(); ++i) {
            res[step].logits.push_back(logits_of(*context, i));
            res[step].usage.emplace_back();
            CHECK_OK(sol_get_usage(context.get(), i, &res[step].usage.back()));
        }
    });
    return res;
}

struct replayed {
    int64_t n_differ = 0;
    int64_t n        = 0;
    float   logits   = 0.0f;
};

// What `recorded` chose, in another context.
replayed replay(const tiny_model & m, sol_model & model, const sol_context_params & params, const std::vector<decoded> & recorded) {
    replayed          res;
    const context_ptr context = new_context(model, params);

    for_each_step(m, [&](int step, const sol_batch & view, const token_batch & batch) {
        choice_replayer replayer;
        replayer.from           = &recorded[step].choices;
        context->state->choices = &replayer;
        CHECK_OK(sol_decode(context.get(), &view));
        CHECK(!replayer.missing, "step %d chooses what was not chosen before", step);

        res.n        += recorded[step].choices.count(sol_choice_kind::DENSE_UNITS);
        res.n_differ += replayer.n_differ;
        for (int32_t i = 0; i < batch.size(); ++i) {
            sol_usage usage;
            CHECK_OK(sol_get_usage(context.get(), i, &usage));
            CHECK(memcmp(&usage, &recorded[step].usage[i], sizeof(usage)) == 0, "step %d: counters differ", step);
            res.logits = std::max(res.logits, max_difference(logits_of(*context, i), recorded[step].logits[i]));
        }
    });
    return res;
}

// The same MLPs with sums in another order, of weights and keys of F16.
constexpr float TOLERANCE = 5e-3f;

void test_choices(const std::string & arch, ggml_type type) {
    const model_files files(arch);
    const auto &      m    = files.m;
    const std::string path = files.dir/"predictor.gguf";
    std::mt19937      rng(2);

    sol_context_params exact = predicted_context(SOL_EXECUTION_SKIP);
    exact.mlp_gate = SOL_GATE_EXACT;

    // one that is exact chooses as the gate itself does
    {
        std::vector<matrix> matrices;
        for (int64_t il = 0; il < m.n_layer; ++il) {
            add_exact(m, il, matrices);
        }
        write_predictor(path, m, matrices, type);
        const model_ptr model = load_with(files, path);

        for (const int32_t execution : { SOL_EXECUTION_REFERENCE, SOL_EXECUTION_SKIP }) {
            const auto     predicted = run(m, *model, predicted_context(execution));
            const replayed by_gate   = replay(m, *model, exact, predicted);

            CHECK(by_gate.n > 20, "%s: only %d choices", arch.c_str(), (int) by_gate.n);
            CHECK(by_gate.n_differ*20 <= by_gate.n, "%s: %d of %d choices by an exact predictor are others", arch.c_str(), (int) by_gate.n_differ, (int) by_gate.n);
            CHECK(by_gate.logits <= TOLERANCE, "%s: logits differ by %g", arch.c_str(), by_gate.logits);
        }
    }

    // one that knows nothing chooses otherwise, but what is computed of its choice is exact
    {
        std::vector<matrix> matrices;
        for (int64_t il = 0; il < m.n_layer; ++il) {
            add_random(m, il, 32, rng, matrices);
        }
        write_predictor(path, m, matrices, type);
        const model_ptr model = load_with(files, path);

        const auto     skipped = run(m, *model, predicted_context(SOL_EXECUTION_SKIP));
        const replayed masked  = replay(m, *model, predicted_context(SOL_EXECUTION_REFERENCE), skipped);
        CHECK(masked.n_differ*20 <= masked.n, "%s: %d of %d choices are others when masked", arch.c_str(), (int) masked.n_differ, (int) masked.n);
        CHECK(masked.logits <= TOLERANCE, "%s: skipped and masked logits differ by %g", arch.c_str(), masked.logits);

        const replayed by_gate = replay(m, *model, exact, skipped);
        CHECK(by_gate.n_differ*2 > by_gate.n, "%s: only %d of %d choices by a random predictor are others", arch.c_str(), (int) by_gate.n_differ, (int) by_gate.n);
        CHECK(by_gate.logits <= TOLERANCE, "%s: logits with exact gates differ by %g", arch.c_str(), by_gate.logits);
    }

    // a layer without one goes by its gate
    {
        std::vector<matrix> matrices;
        add_random(m, 1, 32, rng, matrices);
        write_predictor(path, m, matrices, type);
        const model_ptr model = load_with(files, path);

        int64_t    n_differ[2] = {};
        const auto by_gate     = run(m, *model, exact);
        const auto predicted   = run(m, *model, predicted_context(SOL_EXECUTION_SKIP));

        for (size_t step = 0; step < predicted.size(); ++step) {
            for (int32_t il = 0; il < 2; ++il) {
                const auto * a = by_gate  [step].choices.find(sol_choice_kind::DENSE_UNITS, il, 0, 0);
                const auto * b = predicted[step].choices.find(sol_choice_kind::DENSE_UNITS, il, 0, 0);
                n_differ[il] += a && b && *a != *b;
            }
        }
        CHECK(n_differ[1] > 0, "%s: a random predictor chooses what the gate does", arch.c_str());

        // until layer 1 has had its effect on what layer 0 attends
        const auto * a = by_gate  [0].choices.find(sol_choice_kind::DENSE_UNITS, 0, 0, 0);
        const auto * b = predicted[0].choices.find(sol_choice_kind::DENSE_UNITS, 0, 0, 0);
        CHECK((a == nullptr) == (b == nullptr) && (!a || *a == *b), "%s: a layer without a predictor chooses otherwise", arch.c_str());
        CHECK(n_differ[0] == 0, "%s: layer 0, which depends on tokens alone, chooses otherwise %d times", arch.c_str(), (int) n_differ[0]);
    }
    printf("%s: choices by predictors of %s\n", arch.c_str(), ggml_type_name(type));
}

//
// records
//

void test_records(const std::string & arch, int32_t execution) {
    const model_files files(arch);
    const auto &      m     = files.m;
    const model_ptr   model = load_model(files.path());

    sol_context_params params = small_context();
    params.execution  = execution;
    params.record_mlp = true;
    params.n_ubatch   = 16;

    graph_observer seen;
    seen.names = { "ffn_norm" };

    const auto context = sol_context_make(*model, params, graph_observer::callback, &seen);

    const auto refused = [&](int32_t layer, const char * words) {
        sol_mlp_record record;
        CHECK(sol_get_mlp_record(context.get(), layer, &record) == SOL_INVALID_ARGUMENT, "a record of layer %d", layer);
        CHECK(strstr(sol_last_error(), words), "the message '%s' does not say '%s'", sol_last_error(), words);
    };
    refused(0, "nothing was decoded");

    std::mt19937 rng(3);
    llama_pos    pos = 0;
    for (const int32_t n : { 1, 3, 16, 2 }) {
        token_batch batch;
        for (int32_t i = 0; i < n; ++i) {
            batch.add(random_token(m, rng), pos++, 0, true, random_knobs(rng));
        }
        seen.clear();
        const sol_batch view = batch.view();
        CHECK_OK(sol_decode(context.get(), &view));

        for (int32_t il = 0; il < m.n_layer; ++il) {
            const std::string blk = "blk." + std::to_string(il) + ".ffn_";

            sol_mlp_record record;
            CHECK_OK(sol_get_mlp_record(context.get(), il, &record));
            CHECK(record.n_tokens == n && record.n_embd == m.n_embd && record.n_ff == m.n_ff, "%s layer %d: a record of %d tokens, %d × %d", arch.c_str(), il,
                    (int) record.n_tokens, (int) record.n_embd, (int) record.n_ff);

            const seen_rows & input = seen.named.at("ffn_norm-" + std::to_string(il)).at(0);
            CHECK(std::equal(input.data.begin(), input.data.end(), record.input), "%s layer %d: the input is another", arch.c_str(), il);

            const auto gate = std::find_if(seen.products.begin(), seen.products.end(), [&](const seen_product & p) { return p.weight == blk + "gate.weight"; });
            CHECK(gate != seen.products.end() && gate->out.n_rows == n, "%s layer %d: no gate", arch.c_str(), il);
            CHECK(std::equal(gate->out.data.begin(), gate->out.data.end(), record.gate), "%s layer %d: the gate is another", arch.c_str(), il);

            const auto & up   = m.tensors.at(blk + "up.weight").data;
            const auto & down = m.tensors.at(blk + "down.weight").data;
            for (int64_t j = 0; j < m.n_ff; ++j) {
                double up_norm   = 0.0;
                double down_norm = 0.0;
                for (int64_t c = 0; c < m.n_embd; ++c) {
                    up_norm   += std::pow((double) up[j*m.n_embd + c], 2);
                    down_norm += std::pow((double) down[c*m.n_ff + j], 2);
                }
                const double expected = std::sqrt(up_norm*down_norm);
                CHECK(std::fabs(record.norms[j] - expected) <= 1e-5*expected, "%s layer %d: norm %d is %g, expected %g", arch.c_str(), il, (int) j, record.norms[j], expected);
            }
        }
        refused((int32_t) m.n_layer, "has no record");
        refused(-1, "has no record");
    }

    // the last layer computes outputs only
    token_batch prompt;
    for (int32_t i = 0; i < 3; ++i) {
        prompt.add(1, pos++, 0, i == 2, DENSE);
    }
    const sol_batch prompt_view = prompt.view();
    CHECK_OK(sol_decode(context.get(), &prompt_view));
    refused((int32_t) m.n_layer - 1, "recorded 1 of 3 tokens");

    token_batch large;
    for (int32_t i = 0; i < 17; ++i) {
        large.add(1, pos + i, 0, true, DENSE);
    }
    sol_batch view = large.view();
    CHECK(sol_decode(context.get(), &view) == SOL_INVALID_ARGUMENT && strstr(sol_last_error(), "n_ubatch = 16"), "17 tokens: '%s'", sol_last_error());

    const token_batch dense = large.slice(0, 2);
    view = dense.view(/*with_knobs =*/ false);
    CHECK_OK(sol_decode(context.get(), &view));
    refused(0, "nothing was decoded with knobs");

    const context_ptr without = new_context(*model, small_context());
    sol_mlp_record    record;
    CHECK(sol_get_mlp_record(without.get(), 0, &record) == SOL_INVALID_ARGUMENT && strstr(sol_last_error(), "without record_mlp"), "'%s'", sol_last_error());
    CHECK(sol_get_mlp_record(without.get(), 0, nullptr) == SOL_INVALID_ARGUMENT && strstr(sol_last_error(), "NULL"), "'%s'", sol_last_error());

    printf("%s: records, %s\n", arch.c_str(), execution == SOL_EXECUTION_SKIP ? "skipping" : "masking");
}

// A recurrent model computes sequences of different lengths one after the other, and only the last would be there.
void test_hybrid_records() {
    const model_files  files("lfm2");
    const model_ptr    model  = load_model(files.path());
    sol_context_params params = small_context();
    params.record_mlp = true;
    params.n_seq_max  = 2;
    const context_ptr context = new_context(*model, params);

    sol_mlp_record record;
    token_batch    batch;
    for (int32_t i = 0; i < 3; ++i) {
        batch.add(1 + i, i, 0, true, DENSE);
    }
    sol_batch view = batch.view();
    CHECK_OK(sol_decode(context.get(), &view));
    for (int32_t il = 0; il < files.m.n_layer; ++il) {
        CHECK_OK(sol_get_mlp_record(context.get(), il, &record));
        CHECK(record.n_tokens == 3, "layer %d: a record of %d tokens", il, (int) record.n_tokens);
    }

    token_batch mixed;
    mixed.add(5, 3, 0, true, DENSE);
    mixed.add(6, 4, 0, true, DENSE);
    mixed.add(7, 0, 1, true, DENSE);
    view = mixed.view();
    CHECK_OK(sol_decode(context.get(), &view));
    CHECK(sol_get_mlp_record(context.get(), 0, &record) == SOL_INVALID_ARGUMENT && strstr(sol_last_error(), "of 3 tokens"),
            "two sequences have a record of %d tokens", (int) record.n_tokens);
}

//
// what a model keeps, and where it is of use
//

void test_extra_bytes() {
    for (const auto ftype : { LLAMA_FTYPE_MOSTLY_F16, LLAMA_FTYPE_MOSTLY_Q8_0, LLAMA_FTYPE_MOSTLY_Q4_0 }) {
        const model_files files("llama", ftype);
        const model_ptr   model = load_model(files.path());
        const auto        extra = [&] { return sol_model_extra_bytes(model.get()); };

        sol_context_params params = small_context();
        new_context(*model, params);
        CHECK(extra() == 0, "a context in reference mode takes %zu bytes", extra());

        params.execution = SOL_EXECUTION_SKIP;
        params.skip_mlp  = false;
        new_context(*model, params);
        CHECK(extra() == 0, "a context without skip_mlp takes %zu bytes", extra());

        params.skip_mlp = true;
        const context_ptr first = new_context(*model, params);

        size_t expected = 0;
        for (int64_t il = 0; il < files.m.n_layer; ++il) {
            const auto & down = files.m.tensors.at("blk." + std::to_string(il) + ".ffn_down.weight");
            expected += ggml_row_size(down.type, down.ne[0])*down.ne[1];
        }
        CHECK(extra() == expected, "down projections take %zu bytes, expected %zu", extra(), expected);

        const auto *      down   = model->llama->layers[0].ffn_down;
        const auto *      slabs  = model->slabs.get(down);
        const context_ptr second = new_context(*model, params);
        CHECK(slabs && model->slabs.get(down) == slabs, "a second context made down projections of its own");
        CHECK(extra() == expected, "with a second context %zu bytes, expected %zu", extra(), expected);
    }
    printf("what a model keeps\n");
}

void check_flags(const model_files & files, const char * what, bool attn, bool mlp, const std::function<void(sol_context_params &)> & change) {
    const model_ptr model = load_model(files.path());

    sol_context_params params = small_context();
    params.execution = SOL_EXECUTION_SKIP;
    change(params);
    const context_ptr context = new_context(*model, params);

    for (int64_t il = 0; il < files.m.n_layer; ++il) {
        sol_layer_info info;
        CHECK_OK(sol_context_layer_info(context.get(), (int32_t) il, &info));

        CHECK(info.attn_skips == (attn && !files.m.is_recurrent(il)), "%s, %s, layer %d: attention is %sskipped", files.m.arch.c_str(), what, (int) il, info.attn_skips ? "" : "not ");
        CHECK(info.mlp_skips == mlp, "%s, %s, layer %d: MLPs are %sskipped", files.m.arch.c_str(), what, (int) il, info.mlp_skips ? "" : "not ");

        const int64_t n_units = params.mlp_criterion == SOL_MLP_CHANNEL ? files.m.n_embd : N_FF/params.mlp_group;
        CHECK(info.mlp_units == n_units, "%s, %s, layer %d: %d units", files.m.arch.c_str(), what, (int) il, info.mlp_units);
    }
}

void test_flags() {
    const auto as_is = [](sol_context_params &) {};

    const model_files llama("llama");
    check_flags(llama, "skip",          true,  true,  as_is);
    check_flags(llama, "reference",     false, false, [](auto & p) { p.execution = SOL_EXECUTION_REFERENCE; });
    check_flags(llama, "skip_mlp",      true,  false, [](auto & p) { p.skip_mlp = false; });
    check_flags(llama, "flash_attn",    false, false, [](auto & p) { p.flash_attn = false; });
    check_flags(llama, "channels",      true,  false, [](auto & p) { p.mlp_criterion = SOL_MLP_CHANNEL; });
    check_flags(llama, "quest",         true,  true,  [](auto & p) { p.attn_criterion = SOL_ATTN_QUEST; });
    check_flags(llama, "small batches", true,  true,  [](auto & p) { p.n_ubatch = 8; }); // the graph that is read skips attention
    check_flags(llama, "single tokens", true,  true,  [](auto & p) { p.n_ubatch = 1; }); // … and MLPs
    check_flags(llama, "quest, masked", false, false, [](auto & p) { p.execution = SOL_EXECUTION_REFERENCE; p.attn_criterion = SOL_ATTN_QUEST; });

    for (const char * arch : { "qwen2", "qwen3", "gemma3", "lfm2" }) {
        check_flags(model_files(arch), "skip", true, true, as_is);
    }
    for (const char * arch : { "phi3", "gpt2" }) { // one matrix for gate and up; no gate
        check_flags(model_files(arch), "skip", true, false, as_is);
    }
    check_flags(model_files("llama", LLAMA_FTYPE_MOSTLY_Q8_0), "Q8_0", true, true,  as_is);
    check_flags(model_files("llama", LLAMA_FTYPE_MOSTLY_Q4_0), "Q4_0", true, true,  as_is);
    check_flags(model_files("llama", LLAMA_FTYPE_MOSTLY_Q5_0), "Q5_0", true, false, as_is);

    printf("where layers skip\n");
}

} // namespace

int main() {
    return run_test([] {
        test_files();
        for (const ggml_type type : { GGML_TYPE_F16, GGML_TYPE_F32 }) {
            test_choices("llama",  type);
            test_choices("gemma3", type);
        }
        for (const int32_t execution : { SOL_EXECUTION_REFERENCE, SOL_EXECUTION_SKIP }) {
            test_records("llama",  execution);
            test_records("gemma3", execution);
        }
        test_hybrid_records();
        test_extra_bytes();
        test_flags();
    });
}
