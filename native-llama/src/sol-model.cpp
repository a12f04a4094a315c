// Models, tokenizer, single embedding rows and quantisation.

#include "sol-model.h"

#include "sol-error.h"

#include "llama-model.h"

#include <cstring>

uint32_t sol_api_version(void) {
    return SOL_API_VERSION;
}

const char * sol_build_info(void) {
    return SOL_BUILD_INFO;
}

sol_model_params sol_model_default_params(void) {
    return { /*.n_gpu_layers =*/ -1, /*.use_mmap =*/ true, /*.vocab_only =*/ false, /*.predictor =*/ nullptr };
}

sol_status sol_model_load(const char * path, const sol_model_params * params, sol_model ** model) {
    return sol_guarded([&] {
        sol_require(path && params && model, "sol_model_load: path, params and model must not be NULL");

        *model = nullptr;

        sol_check_gguf(path);

        llama_model_params lparams = llama_model_default_params();
        lparams.n_gpu_layers = params->n_gpu_layers;
        lparams.load_mode    = params->use_mmap ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
        lparams.vocab_only   = params->vocab_only;

        llama_model_ptr llama { llama_model_load_from_file(path, lparams) };
        if (!llama) {
            throw sol_error(SOL_INVALID_MODEL, "cannot load '" + std::string(path) + "': " + sol_logged_errors());
        }

        if (!params->vocab_only) {
            sol_check_weights(path, *llama);
        }

        auto res = std::make_unique<sol_model>(path);
        res->llama = std::move(llama);
        if (params->predictor) {
            res->predictor = std::make_unique<sol_predictor>(params->predictor, *res->llama);
        }
        *model = res.release();
    });
}

void sol_model_free(sol_model * model) {
    sol_guarded([&] { delete model; });
}

llama_model * sol_model_llama(sol_model * model) {
    return model->llama.get();
}

size_t sol_model_extra_bytes(sol_model * model) {
    return model->slabs.bytes() + (model->predictor ? model->predictor->bytes() : 0);
}

static void require_token(const sol_model & model, llama_token token) {
    const int32_t n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model.llama.get()));

    if (token < 0 || token >= n_vocab) {
        throw sol_error(SOL_INVALID_ARGUMENT,
                "token " + std::to_string(token) + " is not in the vocabulary (0…" + std::to_string(n_vocab - 1) + ")");
    }
}

sol_status sol_model_token_embedding(sol_model * model, llama_token token, float * out) {
    return sol_guarded([&] {
        sol_require(model && out, "sol_model_token_embedding: model and out must not be NULL");
        require_token(*model, token);

        const ggml_tensor * embd = model->llama->tok_embd;
        sol_require(embd && embd->data, "the model has no token embedding in memory (vocab_only?)");

        std::vector<uint8_t> row(ggml_row_size(embd->type, embd->ne[0]));
        ggml_backend_tensor_get(embd, row.data(), embd->nb[1]*token, row.size());

        if (embd->type == GGML_TYPE_F32) {
            memcpy(out, row.data(), row.size());
        } else {
            ggml_get_type_traits(embd->type)->to_float(row.data(), out, embd->ne[0]);
        }
    });
}

// llama.h returns counts, or the needed capacity as a negative number.
static void store_count(int32_t count, int32_t capacity, int32_t * n) {
    *n = count < 0 ? -count : count;

    if (count < 0) {
        throw sol_error(SOL_INVALID_ARGUMENT,
                "the buffer holds " + std::to_string(capacity) + " elements, " + std::to_string(*n) + " are needed");
    }
}

sol_status sol_tokenize(
        sol_model * model, const char * text, int32_t text_len, bool add_special, bool parse_special,
        llama_token * tokens, int32_t capacity, int32_t * n) {
    return sol_guarded([&] {
        sol_require(model && text && n && (tokens || capacity == 0), "sol_tokenize: model, text, tokens and n must not be NULL");
        sol_require(text_len >= 0 && capacity >= 0, "sol_tokenize: text_len and capacity must not be negative");

        const llama_vocab * vocab = llama_model_get_vocab(model->llama.get());
        sol_require(llama_vocab_type(vocab) != LLAMA_VOCAB_TYPE_NONE, "the model has no tokenizer");

        const int32_t count = llama_tokenize(vocab, text, text_len, tokens, capacity, add_special, parse_special);
        sol_require(count != INT32_MIN, "the text is too long to be tokenised at once");

        store_count(count, capacity, n);
    });
}

sol_status sol_token_bytes(sol_model * model, llama_token token, bool special, char * out, int32_t capacity, int32_t * n) {
    return sol_guarded([&] {
        sol_require(model && n && (out || capacity == 0), "sol_token_bytes: model, out and n must not be NULL");
        sol_require(capacity >= 0, "sol_token_bytes: capacity must not be negative");
        require_token(*model, token);

        const llama_vocab * vocab = llama_model_get_vocab(model->llama.get());
        sol_require(llama_vocab_type(vocab) != LLAMA_VOCAB_TYPE_NONE, "the model has no tokenizer");

        store_count(llama_token_to_piece(vocab, token, out, capacity, /*lstrip =*/ 0, special), capacity, n);
    });
}

sol_status sol_model_quantize(const char * in, const char * out, llama_ftype ftype, int32_t n_threads) {
    return sol_guarded([&] {
        sol_require(in && out, "sol_model_quantize: in and out must not be NULL");

        sol_check_gguf(in);

        llama_model_quantize_params params = llama_model_quantize_default_params();
        params.ftype   = ftype;
        params.nthread = n_threads;

        if (llama_model_quantize(in, out, &params) != 0) {
            throw sol_error(SOL_INVALID_MODEL, "cannot quantise '" + std::string(in) + "': " + sol_logged_errors());
        }
    });
}
