#include "oracle-file.h"

#include "ggml-cpp.h"
#include "gguf.h"

#include <cmath>
#include <stdexcept>

struct oracle_file::contents {
    gguf_context_ptr gguf;
    ggml_context_ptr tensors;

    const ggml_tensor * find(const std::string & name) const {
        const ggml_tensor * t = ggml_get_tensor(tensors.get(), name.c_str());
        if (!t) {
            throw std::runtime_error("the file has no tensor " + name);
        }
        return t;
    }

    static std::vector<float> row(const ggml_tensor * t, int64_t i1, int64_t i2) {
        const char * src = (const char *) t->data + i1*t->nb[1] + i2*t->nb[2];

        std::vector<float> res(t->ne[0]);
        if (t->type == GGML_TYPE_F32) {
            res.assign((const float *) src, (const float *) src + t->ne[0]);
        } else {
            ggml_get_type_traits(t->type)->to_float(src, res.data(), t->ne[0]);
        }
        return res;
    }
};

oracle_file::oracle_file(const std::string & path) : file(std::make_unique<contents>()) {
    ggml_context * tensors = nullptr;
    file->gguf.reset(gguf_init_from_file(path.c_str(), { /*.no_alloc =*/ false, /*.ctx =*/ &tensors }));
    file->tensors.reset(tensors);
}

oracle_file::~oracle_file() = default;

const std::vector<double> & oracle_file::norms(const std::string & up, int64_t up_first, const std::string & down, int64_t n_ff, int64_t expert) {
    auto & res = cache[{ up, down, expert }];
    if (!res.empty()) {
        return res;
    }

    const ggml_tensor * d = file->find(down);
    res.resize(n_ff);
    for (int64_t r = 0; r < d->ne[1]; ++r) {
        const std::vector<float> row = contents::row(d, r, expert);
        for (int64_t j = 0; j < n_ff; ++j) {
            res[j] += (double) row[j]*row[j];
        }
    }

    for (int64_t j = 0; j < n_ff; ++j) {
        double squares = 1.0;
        if (!up.empty()) {
            squares = 0.0;
            for (const float x : contents::row(file->find(up), up_first + j, expert)) {
                squares += (double) x*x;
            }
        }
        res[j] = std::sqrt(res[j]*squares);
    }
    return res;
}
