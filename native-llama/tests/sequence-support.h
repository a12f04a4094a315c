// For tests of what is done to whole sequences of a context.

#pragma once

#include "test-support.h"

#include <cstring>
#include <functional>

inline void check_refused(sol_status actual, const char * words, const std::string & what) {
    CHECK(actual == SOL_INVALID_ARGUMENT, "%s: status %d (%s)", what.c_str(), actual, sol_last_error());
    CHECK(strstr(sol_last_error(), words), "%s: the message '%s' does not say '%s'", what.c_str(), sol_last_error(), words);
}

struct loaded_model {
    temp_dir   dir;
    tiny_model m;
    model_ptr  model;

    explicit loaded_model(const char * arch, uint32_t seed = 1) : m(make_tiny_model(arch, seed)), model(nullptr, sol_model_free) {
        write_tiny_model(m, dir/"model.gguf");
        model = load_model(dir/"model.gguf");
    }

    // Quantised: the backend may repack such weights, and they cannot be read back then.
    loaded_model(const char * arch, llama_ftype ftype) : m(make_tiny_model(arch, /*seed =*/ 1, /*n_ff =*/ 128)), model(nullptr, sol_model_free) {
        write_tiny_model(m, dir/"f32.gguf");
        CHECK_OK(sol_model_quantize((dir/"f32.gguf").c_str(), (dir/"model.gguf").c_str(), ftype, 1));
        model = load_model(dir/"model.gguf");
    }
};

inline sol_context_params three_sequences() {
    sol_context_params params = small_context();
    params.n_seq_max = 3;
    return params;
}

inline llama_pos last(sol_context & context, llama_seq_id seq) {
    llama_pos pos = -2;
    CHECK_OK(sol_seq_pos_max(&context, seq, &pos));
    return pos;
}

inline sol_status try_decode(sol_context & context, llama_seq_id seq, int32_t n, sol_knobs knobs = { 0.5f, 0.5f, 16 }) {
    token_batch batch;
    for (int32_t i = 0; i < n; ++i) {
        const llama_pos pos = last(context, seq) + 1 + i;
        batch.add((pos*7 + 3)%250, pos, seq, i == n - 1, knobs);
    }
    const sol_batch view = batch.view();
    return sol_decode(&context, &view);
}

inline void decode(sol_context & context, llama_seq_id seq, int32_t n) {
    CHECK_OK(try_decode(context, seq, n));
}

inline std::vector<float> next_logits(sol_context & context, llama_seq_id seq) {
    decode(context, seq, 1);
    return logits_of(context, 0);
}

inline std::vector<uint8_t> save(sol_context & context, llama_seq_id seq) {
    size_t size = 0;
    CHECK_OK(sol_seq_state_size(&context, seq, &size));
    std::vector<uint8_t> res(size);
    CHECK_OK(sol_seq_save(&context, seq, res.data(), size));
    return res;
}

inline sol_status load(sol_context & context, llama_seq_id seq, const std::vector<uint8_t> & state) {
    return sol_seq_load(&context, seq, state.data(), state.size());
}

// Makes two contexts alike, does to one what is to be refused, and finds no difference in what comes next.
inline void check_unchanged(sol_model & model, const sol_context_params & params, const std::function<void(sol_context &)> & prepare,
        const std::function<void(sol_context &)> & refused) {
    const context_ptr touched   = new_context(model, params);
    const context_ptr untouched = new_context(model, params);
    prepare(*touched);
    prepare(*untouched);

    refused(*touched);
    for (llama_seq_id seq = 0; seq < (llama_seq_id) params.n_seq_max; ++seq) {
        CHECK(last(*touched, seq) == last(*untouched, seq), "sequence %d ends at %d instead of %d", seq, last(*touched, seq), last(*untouched, seq));
        CHECK(next_logits(*touched, seq) == next_logits(*untouched, seq), "sequence %d goes on otherwise", seq);
    }
}
