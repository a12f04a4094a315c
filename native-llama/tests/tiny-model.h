// Random models of a few hundred kilobytes for tests: llama, qwen2, qwen3, gemma3, phi3, gpt2, qwen2moe and lfm2, with a
// byte-level BPE tokenizer that encodes any text.

#pragma once

#include "ggml.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

struct tiny_model {
    std::string arch;

    // as the files say; head size is n_embd/n_head
    int64_t n_vocab   = 0;
    int64_t n_embd    = 64;
    int64_t n_ff      = 100; // not a multiple of a unit of 8 or 32: the last one is short
    int64_t n_layer   = 2;
    int64_t n_head    = 4;
    int64_t n_head_kv = 2;
    int64_t n_ctx     = 512;
    int64_t n_swa     = 0;   // window of the sliding layers (gemma3)

    struct tensor {
        std::vector<int64_t> ne; // ggml's order: ne[0] is contiguous
        std::vector<float>   data;
        ggml_type            type = GGML_TYPE_F32; // that `data` is what is left in
    };

    std::map<std::string, tensor> tensors;

    std::vector<int32_t> suppressed; // tokens that are never to be picked

    bool is_sliding(int64_t layer)   const; // every second layer of a model with n_swa
    bool is_recurrent(int64_t layer) const; // the other layers of lfm2 attend
};

// With attention in every layer: all but lfm2, a hybrid, whose sequences upstream regroups within a batch.
const std::vector<std::string> & tiny_model_archs();

// Same arch and seed, same model. n_ff must be a multiple of 32 for a model that is to be quantised, and heads, two for each KV head,
// for a KV cache that is.
tiny_model make_tiny_model(const std::string & arch, uint32_t seed, int64_t n_ff = 100, int64_t n_head = 4);

void write_tiny_model(const tiny_model & model, const std::string & path); // as F32

// Takes over types and values of what another program made of the file.
void read_tiny_model(tiny_model & model, const std::string & path);
