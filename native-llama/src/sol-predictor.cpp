#include "sol-predictor.h"

#include "sol-error.h"

#include "llama-model.h"

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "gguf.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

namespace {

constexpr uint32_t VERSION = 1;

struct gguf_deleter {
    void operator()(gguf_context * g) const { gguf_free(g); }
};

[[noreturn]] void refuse(const std::string & path, const std::string & why) {
    throw sol_error(SOL_INVALID_MODEL, "'" + path + "' " + why);
}

std::string shape_of(int64_t a, int64_t b) {
    return std::to_string(a) + " × " + std::to_string(b);
}

void check_matrix(const std::string & path, const ggml_tensor * t, int64_t ne0, int64_t ne1) {
    if (t->ne[0] != ne0 || t->ne[1] != ne1 || t->ne[2] != 1 || t->ne[3] != 1) {
        refuse(path, "is not a predictor for this model: " + std::string(t->name) + " is " + shape_of(t->ne[0], t->ne[1])
                + ", must be " + shape_of(ne0, ne1));
    }
    if (!ggml_get_type_traits_cpu(t->type)->vec_dot) {
        refuse(path, "has " + std::string(t->name) + " of the type " + ggml_type_name(t->type) + ", which cannot be multiplied");
    }
}

} // namespace

sol_predictor::sol_predictor(const std::string & path, const llama_model & model) {

    if (!std::filesystem::exists(path)) {
        throw sol_error(SOL_NOT_FOUND, "there is no file '" + path + "'");
    }

    ggml_context * raw = nullptr;
    const std::unique_ptr<gguf_context, gguf_deleter> gguf { gguf_init_from_file(path.c_str(), { /*.no_alloc =*/ true, /*.ctx =*/ &raw }) };
    context.reset(raw);
    if (!gguf || !context) {
        refuse(path, "is not a GGUF file");
    }

    const int64_t key = gguf_find_key(gguf.get(), "sol.predictor.version");
    if (key < 0 || gguf_get_kv_type(gguf.get(), key) != GGUF_TYPE_UINT32) {
        refuse(path, "is not a gate predictor: it has no sol.predictor.version");
    }
    const uint32_t version = gguf_get_val_u32(gguf.get(), key);
    if (version != VERSION) {
        refuse(path, "is a gate predictor of version " + std::to_string(version) + "; this build reads version " + std::to_string(VERSION));
    }

    for (int il = 0; il < (int) model.hparams.n_layer(); ++il) {
        const std::string blk = "blk." + std::to_string(il) + ".sol_gate_";

        layer l;
        l.in  = ggml_get_tensor(context.get(), (blk + "in.weight").c_str());
        l.out = ggml_get_tensor(context.get(), (blk + "out.weight").c_str());
        if (!l.in || !l.out) {
            continue;
        }
        check_matrix(path, l.in,  model.hparams.n_embd, l.in->ne[1]);
        check_matrix(path, l.out, l.in->ne[1], model.hparams.n_ff(il));
        layers[il] = std::move(l);
    }
    if (layers.empty()) {
        refuse(path, "has a gate predictor for no layer of this model");
    }

    buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(context.get(), ggml_backend_cpu_buffer_type()));
    if (!buffer) {
        throw sol_error(SOL_OUT_OF_MEMORY, "no memory for the gate predictor '" + path + "'");
    }
    ggml_backend_buffer_set_usage(buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);

    std::ifstream     file(path, std::ios::binary);
    std::vector<char> bytes;
    for (ggml_tensor * t = ggml_get_first_tensor(context.get()); t; t = ggml_get_next_tensor(context.get(), t)) {
        bytes.resize(ggml_nbytes(t));
        file.seekg((std::streamoff) (gguf_get_data_offset(gguf.get()) + gguf_get_tensor_offset(gguf.get(), gguf_find_tensor(gguf.get(), t->name))));
        if (!file.read(bytes.data(), (std::streamsize) bytes.size())) {
            refuse(path, "is truncated: " + std::string(t->name) + " is not all there");
        }
        ggml_backend_tensor_set(t, bytes.data(), 0, bytes.size());
    }

    for (auto & [il, l] : layers) {
        const int64_t rank = l.out->ne[0];
        const int64_t n_ff = l.out->ne[1];

        if (sol_down::supports(l.out->type, rank, n_ff)) {
            l.columns = std::make_unique<sol_down>(l.out->type, rank, n_ff);
            for (int64_t j = 0; j < n_ff; ++j) {
                l.columns->set_row(j, (const char *) l.out->data + j*l.out->nb[1]);
            }
        }
    }
}

const sol_predictor::layer * sol_predictor::get(int il) const {
    const auto it = layers.find(il);
    return it == layers.end() ? nullptr : &it->second;
}

size_t sol_predictor::bytes() const {
    size_t res = ggml_backend_buffer_get_size(buffer.get());
    for (const auto & [il, l] : layers) {
        res += l.columns ? l.columns->bytes() : 0;
    }
    return res;
}
