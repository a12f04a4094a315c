// What the tests share: checks that say what failed, and models and contexts with owners.

#pragma once

#include "tiny-model.h"

#include "sol-context.h"
#include "sol-model.h"
#include "sol.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <unistd.h>

#define CHECK(condition, ...)                                                                                        \
    do {                                                                                                             \
        if (!(condition)) {                                                                                          \
            char check_text[512];                                                                                    \
            snprintf(check_text, sizeof(check_text), __VA_ARGS__);                                                   \
            throw std::runtime_error(std::string(__FILE__) + ":" + std::to_string(__LINE__) + ": " #condition ": "   \
                    + check_text);                                                                                   \
        }                                                                                                            \
    } while (0)

#define CHECK_OK(call) CHECK((call) == SOL_OK, "%s", sol_last_error())

// Runs a test's main body; its exception is the test's failure.
template<typename F>
int run_test(F body) try {
    body();
    return 0;
} catch (const std::exception & e) {
    fprintf(stderr, "FAILED %s\n", e.what());
    return 1;
}

struct temp_dir {
    std::filesystem::path path;

    temp_dir() {
        std::string name = (std::filesystem::temp_directory_path()/"sol-test-XXXXXX").string();
        CHECK(mkdtemp(name.data()), "cannot make a temporary folder like %s", name.c_str());
        path = name;
    }
    ~temp_dir() { std::filesystem::remove_all(path); }

    std::string operator/(const std::string & name) const { return (path/name).string(); }
};

using model_ptr   = std::unique_ptr<sol_model,   decltype(&sol_model_free)>;
using context_ptr = std::unique_ptr<sol_context, decltype(&sol_context_free)>;

inline model_ptr load_model(const std::string & path) {
    const sol_model_params params = sol_model_default_params();

    sol_model * model = nullptr;
    CHECK_OK(sol_model_load(path.c_str(), &params, &model));
    return { model, sol_model_free };
}

// A context with one thread and 256 cells, small enough to make hundreds of them.
inline sol_context_params small_context() {
    sol_context_params params = sol_context_default_params();
    params.n_ctx     = 256;
    params.n_batch   = 128;
    params.n_ubatch  = 128;
    params.n_threads = params.n_threads_batch = 1;
    return params;
}

inline context_ptr new_context(sol_model & model, const sol_context_params & params) {
    sol_context * context = nullptr;
    CHECK_OK(sol_context_create(&model, &params, &context));
    return { context, sol_context_free };
}

// A batch that owns its arrays.
struct token_batch {
    std::vector<llama_token>  token;
    std::vector<llama_pos>    pos;
    std::vector<llama_seq_id> seq_id;
    std::vector<int8_t>       output;
    std::vector<sol_knobs>    knobs;

    void add(llama_token t, llama_pos p, llama_seq_id s, bool out, sol_knobs k) {
        token.push_back(t);
        pos.push_back(p);
        seq_id.push_back(s);
        output.push_back(out);
        knobs.push_back(k);
    }

    int32_t size() const { return (int32_t) token.size(); }

    token_batch slice(int32_t begin, int32_t n) const {
        token_batch res;
        for (int32_t i = begin; i < begin + n; ++i) {
            res.add(token[i], pos[i], seq_id[i], output[i], knobs[i]);
        }
        return res;
    }

    sol_batch view(bool with_knobs = true) const {
        return { size(), token.data(), pos.data(), seq_id.data(), output.data(), with_knobs ? knobs.data() : nullptr };
    }
};

inline constexpr sol_knobs DENSE = { 1.0f, 1.0f, 16 };

// Knobs over their whole range, one of them dense now and then.
inline sol_knobs random_knobs(std::mt19937 & rng) {
    const auto keep = [&] { return (rng() % 4 == 0) ? 1.0f : 0.05f*(float) (1 + rng() % 20); };

    return { keep(), keep(), 4 + (int32_t) (rng() % 13) };
}

inline llama_token random_token(const tiny_model & model, std::mt19937 & rng) {
    return (llama_token) (rng() % model.n_vocab);
}

inline std::vector<float> logits_of(sol_context & context, int32_t i) {
    const float * logits = nullptr;
    CHECK_OK(sol_logits(&context, i, &logits));
    return { logits, logits + context.n_vocab };
}

// Largest difference, relative to the largest magnitude of `b`.
inline float max_difference(const std::vector<float> & a, const std::vector<float> & b) {
    CHECK(a.size() == b.size(), "%zu and %zu values", a.size(), b.size());

    float difference = 0.0f;
    float magnitude  = 1e-20f;
    for (size_t i = 0; i < a.size(); ++i) {
        difference = std::max(difference, std::abs(a[i] - b[i]));
        magnitude  = std::max(magnitude, std::abs(b[i]));
    }
    return difference/magnitude;
}
