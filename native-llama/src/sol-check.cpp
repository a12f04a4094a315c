// Is this file a GGUF that llama.cpp can be trusted with?
//
// llama.cpp reports most damage as an error, but divides by zero, aborts or reads out of bounds on some metadata that no
// converter writes. What test-gguf-damage found of that kind is refused here.

#include "sol-model.h"

#include "sol-error.h"

#include "llama-model.h"

#include "ggml-cpp.h"
#include "gguf.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace {

[[noreturn]] void refuse(const std::string & path, const std::string & why) {
    throw sol_error(SOL_INVALID_MODEL, "'" + path + "' is not a usable model: " + why);
}

// The size of the file, after a look at its first bytes.
uint64_t check_file(const std::string & path) {
    std::error_code error;

    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        throw sol_error(SOL_NOT_FOUND, "there is no file '" + path + "'");
    }
    if (!std::filesystem::is_regular_file(status)) {
        refuse(path, "not a regular file");
    }

    const uint64_t size = std::filesystem::file_size(path, error);

    struct {
        char     magic[4];
        uint32_t version;
    } header;

    std::ifstream in(path, std::ios::binary);
    if (!in) {
        refuse(path, "it cannot be opened for reading");
    }
    if (size == 0) {
        refuse(path, "the file is empty");
    }
    if (!in.read((char *) &header, sizeof(header)) || memcmp(header.magic, "GGUF", 4) != 0) {
        refuse(path, "not a GGUF file (its first bytes are not 'GGUF'); convert it to GGUF first");
    }
    if (header.version < 2 || header.version > GGUF_VERSION) {
        refuse(path, "GGUF version " + std::to_string(header.version) + ", this build reads 2 to " + std::to_string(GGUF_VERSION)
                + "; convert the model again");
    }

    return size;
}

void check_tensors(const std::string & path, const gguf_context * gguf, uint64_t file_size) {
    for (int64_t i = 0; i < gguf_get_n_tensors(gguf); ++i) {
        const uint64_t begin = gguf_get_data_offset(gguf) + gguf_get_tensor_offset(gguf, i);
        const uint64_t size  = gguf_get_tensor_size(gguf, i);

        if (begin > file_size || size > file_size - begin) {
            refuse(path, std::string("tensor '") + gguf_get_tensor_name(gguf, i) + "' ends beyond the end of the file; it is truncated or damaged");
        }
    }
}

} // namespace

void sol_check_gguf(const std::string & path) {
    const uint64_t file_size = check_file(path);

    const gguf_context_ptr gguf { gguf_init_from_file(path.c_str(), { /*.no_alloc =*/ true, /*.ctx =*/ nullptr }) };
    if (!gguf) {
        refuse(path, "damaged header (" + sol_logged_errors() + ")");
    }

    check_tensors(path, gguf.get(), file_size);
}

void sol_check_weights(const std::string & path, const llama_model & model) {
    for (size_t il = 0; il < model.layers.size(); ++il) {
        const llama_layer & layer = model.layers[il];

        // optional for the loader, where the projections may be fused or not; the graph then takes one of the two for granted
        if (layer.wo && !layer.wqkv && !layer.wq && !layer.wq_a && !layer.wq_b) {
            refuse(path, "layer " + std::to_string(il) + " has no query weights (attn_q or attn_qkv)");
        }
        // angles that become infinite: the op then never ends
        if (layer.wo && llama_model_rope_type(&model) != LLAMA_ROPE_TYPE_NONE && model.hparams.n_rot((uint32_t) il) == 0) {
            refuse(path, "rope.dimension_count is 0");
        }
    }
}
