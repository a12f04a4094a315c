#include "sol-norms.h"

#include "sol-error.h"

#include "ggml-cpp.h"
#include "gguf.h"
#include "llama.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <thread>

struct sol_unit_norms::tensor_source {
    std::string path;
    size_t      offset; // in the file
    size_t      size;   // bytes
    ggml_type   type;
};

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

sol_unit_norms::sol_unit_norms(const std::string & path) {
    const gguf_context_ptr first = open_gguf(path);

    for (const auto & part : model_parts(path, first.get())) {
        const gguf_context_ptr gguf = open_gguf(part);

        for (int64_t i = 0; i < gguf_get_n_tensors(gguf.get()); ++i) {
            sources[gguf_get_tensor_name(gguf.get(), i)] = std::make_unique<tensor_source>(tensor_source {
                part,
                gguf_get_data_offset(gguf.get()) + gguf_get_tensor_offset(gguf.get(), i),
                gguf_get_tensor_size(gguf.get(), i),
                gguf_get_tensor_type(gguf.get(), i),
            });
        }
    }
}

sol_unit_norms::~sol_unit_norms() = default;

const sol_unit_norms::tensor_source * sol_unit_norms::find(const ggml_tensor * t) const {
    const auto it = sources.find(ggml_get_name(t));
    if (it == sources.end()) {
        return nullptr;
    }

    const tensor_source & source = *it->second;

    const bool readable = source.type == GGML_TYPE_F32 || ggml_get_type_traits(source.type)->to_float;
    const bool same     = source.size == ggml_row_size(source.type, t->ne[0])*ggml_nrows(t);

    return readable && same ? &source : nullptr;
}

// Calls visit(thread, row, values[ne0]) for rows [first, first + n) of a tensor, from several threads.
template<typename F>
static void for_each_row(const std::string & path, size_t offset, ggml_type type, int64_t ne0, int64_t first, int64_t n, int n_threads, F visit) {
    const size_t  row_size = ggml_row_size(type, ne0);
    const int64_t chunk    = std::max<int64_t>(1, (1 << 20)/(int64_t) row_size);

    std::vector<std::exception_ptr> errors(n_threads);
    std::vector<std::thread>        threads;

    for (int t = 0; t < n_threads; ++t) {
        threads.emplace_back([=, &errors, &visit] {
            try {
                const int64_t begin = first + n*t/n_threads;
                const int64_t end   = first + n*(t + 1)/n_threads;

                std::ifstream     in(path, std::ios::binary);
                std::vector<char> bytes;
                std::vector<float> values(ne0);

                in.seekg((std::streamoff) (offset + row_size*begin));

                for (int64_t r = begin; r < end; r += chunk) {
                    const int64_t n_rows = std::min(chunk, end - r);

                    bytes.resize(row_size*n_rows);
                    if (!in.read(bytes.data(), (std::streamsize) bytes.size())) {
                        throw sol_error(SOL_INVALID_MODEL, "'" + path + "' ends early or cannot be read");
                    }

                    for (int64_t i = 0; i < n_rows; ++i) {
                        const char * src = bytes.data() + row_size*i;
                        if (type == GGML_TYPE_F32) {
                            memcpy(values.data(), src, row_size);
                        } else {
                            ggml_get_type_traits(type)->to_float(src, values.data(), ne0);
                        }
                        visit(t, r + i, values.data());
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

const float * sol_unit_norms::get(const ggml_tensor * up, int64_t up_first, const ggml_tensor * down, int64_t n_ff) {
    const tensor_source * down_source = find(down);
    const tensor_source * up_source   = up ? find(up) : nullptr;

    if (!down_source || down->ne[0] != n_ff || (up && (!up_source || up->ne[1] < up_first + n_ff || up->ne[2] != down->ne[2]))) {
        return nullptr;
    }

    const std::lock_guard<std::mutex> lock(mutex);

    auto & norms = cache[{ up ? up->name : "", up_first, down->name }];
    if (!norms.empty()) {
        return norms.data();
    }

    const int64_t n_expert = down->ne[2];

    const int n_threads = (int) std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, std::min<int64_t>(8, ggml_nrows(down)));

    std::vector<std::vector<double>> columns(n_threads, std::vector<double>(n_ff*n_expert));

    for_each_row(down_source->path, down_source->offset, down_source->type, n_ff, 0, ggml_nrows(down), n_threads,
            [&](int t, int64_t r, const float * values) {
                double * column = columns[t].data() + r/down->ne[1]*n_ff;
                for (int64_t j = 0; j < n_ff; ++j) {
                    column[j] += (double) values[j]*values[j];
                }
            });

    std::vector<double> squares(n_ff*n_expert);
    for (const auto & column : columns) {
        for (size_t j = 0; j < squares.size(); ++j) {
            squares[j] += column[j];
        }
    }

    if (up) {
        const int64_t last = (n_expert - 1)*up->ne[1] + up_first + n_ff;

        for_each_row(up_source->path, up_source->offset, up_source->type, up->ne[0], up_first, last - up_first, n_threads,
                [&](int, int64_t r, const float * values) {
                    const int64_t j = r % up->ne[1] - up_first;
                    if (j < 0 || j >= n_ff) {
                        return; // of the gate
                    }

                    double sum = 0.0;
                    for (int64_t i = 0; i < up->ne[0]; ++i) {
                        sum += (double) values[i]*values[i];
                    }
                    squares[r/up->ne[1]*n_ff + j] *= sum;
                });
    }

    norms.resize(squares.size());
    std::transform(squares.begin(), squares.end(), norms.begin(), [](double s) { return (float) std::sqrt(s); });

    return norms.data();
}
