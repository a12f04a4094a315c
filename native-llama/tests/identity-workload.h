// What the patched and the unpatched llama.cpp both compute, to be compared bit for bit.

#pragma once

#include "llama.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

struct identity_batch {
    std::vector<llama_token>  token;
    std::vector<llama_pos>    pos;
    std::vector<llama_seq_id> seq_id;
};

struct identity_run {
    std::string name;
    uint32_t    n_ubatch;
    uint32_t    n_seq_max;
    int32_t     n_threads;
    bool        flash_attn;

    std::vector<identity_batch> batches; // every token is an output
};

constexpr uint32_t IDENTITY_N_CTX   = 512;
constexpr uint32_t IDENTITY_N_BATCH = 256;

inline std::vector<identity_run> identity_runs(int32_t n_vocab) {
    std::mt19937 rng(42);

    const auto make = [&](const std::string & name, uint32_t n_ubatch, uint32_t n_seq, int32_t n_threads, bool flash_attn, const std::vector<int> & sizes) {
        identity_run run { name, n_ubatch, n_seq, n_threads, flash_attn, {} };

        std::vector<llama_pos> next(n_seq);
        for (const int size : sizes) {
            identity_batch batch;
            for (int i = 0; i < size; ++i) {
                const llama_seq_id seq = (llama_seq_id) (rng() % n_seq);
                batch.token .push_back((llama_token) (rng() % n_vocab));
                batch.pos   .push_back(next[seq]++);
                batch.seq_id.push_back(seq);
            }
            run.batches.push_back(batch);
        }
        return run;
    };

    return {
        make("prompt and steps",          256, 1, 1, true,  { 37, 1, 1, 1, 1, 1, 1, 1 }),
        make("prompt and steps, 2 threads", 256, 1, 2, true, { 64, 1, 1, 1, 1, 1 }),
        make("micro-batches",              16, 1, 2, true,  { 100, 3, 1, 40, 1 }),
        make("no flash attention",        256, 1, 1, false, { 50, 1, 1, 7, 1 }),
        make("three sequences",            32, 3, 1, true,  { 60, 3, 3, 3, 25 }),
    };
}

// The parameters that the unpatched context is made with, as sol_context_make makes them.
inline llama_context_params identity_params(const identity_run & run) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx           = IDENTITY_N_CTX;
    params.n_batch         = IDENTITY_N_BATCH;
    params.n_ubatch        = run.n_ubatch;
    params.n_seq_max       = run.n_seq_max;
    params.n_threads       = run.n_threads;
    params.n_threads_batch = run.n_threads;
    params.pooling_type    = LLAMA_POOLING_TYPE_NONE;
    params.flash_attn_type = run.flash_attn ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.kv_unified      = true;
    return params;
}
