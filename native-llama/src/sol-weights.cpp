#include "sol-weights.h"

#include "sol-error.h"

#include "ggml-cpp.h"
#include "gguf.h"
#include "llama.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <fstream>
#include <thread>
#include <vector>

// All parts of a GGUF, given the first one.
static std::vector<std::string> model_parts(const std::string & path, const gguf_context * first) {
    const int64_t key = gguf_find_key(first, "split.count");

    const int n = key >= 0 && gguf_get_kv_type(first, key) == GGUF_TYPE_UINT16 ? gguf_get_val_u16(first, key) : 1;

    char prefix[4096];
    if (n <= 1 || llama_split_prefix(prefix, sizeof(prefix), path.c_str(), 0, n) == 0) {
        return { path };
    }

    std::vector<std::string> res;
    for (int i = 0; i < n; ++i) {
        char part[4096];
        llama_split_path(part, sizeof(part), prefix, i, n);
        res.emplace_back(part);
    }
    return res;
}

static gguf_context_ptr open_gguf(const std::string & path) {
    gguf_context_ptr res { gguf_init_from_file(path.c_str(), { /*.no_alloc =*/ true, /*.ctx =*/ nullptr }) };
    if (!res) {
        throw sol_error(SOL_INVALID_MODEL, "cannot read the GGUF header of '" + path + "'");
    }
    return res;
}

sol_weights::sol_weights(const std::string & path) {
    const gguf_context_ptr first = open_gguf(path);

    for (const auto & part : model_parts(path, first.get())) {
        const gguf_context_ptr gguf = open_gguf(part);

        for (int64_t i = 0; i < gguf_get_n_tensors(gguf.get()); ++i) {
            sources[gguf_get_tensor_name(gguf.get(), i)] = source {
                part,
                gguf_get_data_offset(gguf.get()) + gguf_get_tensor_offset(gguf.get(), i),
                gguf_get_tensor_size(gguf.get(), i),
                gguf_get_tensor_type(gguf.get(), i),
            };
        }
    }
}

const sol_weights::source * sol_weights::find(const ggml_tensor * t) const {
    const auto it = sources.find(ggml_get_name(t));
    if (it == sources.end()) {
        return nullptr;
    }

    const source & res = it->second;

    const bool readable = res.type == GGML_TYPE_F32 || ggml_get_type_traits(res.type)->to_float;
    const bool same     = res.size == ggml_row_size(res.type, t->ne[0])*ggml_nrows(t);

    return readable && same ? &res : nullptr;
}

int sol_weights::threads_for(int64_t n_rows) {
    return (int) std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, std::min<int64_t>(8, n_rows));
}

void sol_row_to_float(ggml_type type, const char * bytes, int64_t ne0, float * out) {
    if (type == GGML_TYPE_F32) {
        memcpy(out, bytes, ne0*sizeof(float));
    } else {
        ggml_get_type_traits(type)->to_float(bytes, out, ne0);
    }
}

void sol_weights::for_each_row(const source & source, int64_t ne0, int64_t first, int64_t n, int n_threads,
        const std::function<void(int, int64_t, const char *)> & visit) {
    const size_t  row_size = ggml_row_size(source.type, ne0);
    const int64_t chunk    = std::max<int64_t>(1, (1 << 20)/(int64_t) row_size);

    std::vector<std::exception_ptr> errors(n_threads);
    std::vector<std::thread>        threads;

    for (int t = 0; t < n_threads; ++t) {
        threads.emplace_back([=, &source, &errors, &visit] {
            try {
                const int64_t begin = first + n*t/n_threads;
                const int64_t end   = first + n*(t + 1)/n_threads;

                std::ifstream     in(source.path, std::ios::binary);
                std::vector<char> bytes;

                in.seekg((std::streamoff) (source.offset + row_size*begin));

                for (int64_t r = begin; r < end; r += chunk) {
                    const int64_t n_rows = std::min(chunk, end - r);

                    bytes.resize(row_size*n_rows);
                    if (!in.read(bytes.data(), (std::streamsize) bytes.size())) {
                        throw sol_error(SOL_INVALID_MODEL, "'" + source.path + "' ends early or cannot be read");
                    }

                    for (int64_t i = 0; i < n_rows; ++i) {
                        visit(t, r + i, bytes.data() + row_size*i);
                    }
                }
            } catch (...) {
                errors[t] = std::current_exception();
            }
        });
    }

    for (auto & thread : threads) {
        thread.join();
    }
    for (auto & error : errors) {
        if (error) {
            std::rethrow_exception(error);
        }
    }
}
