// The model's weights as its GGUF files have them: a tensor that a backend has repacked cannot be read back.

#pragma once

#include "ggml.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

// Thread-safe.
class sol_weights {
public:
    explicit sol_weights(const std::string & path);

    struct source {
        std::string path;
        size_t      offset; // in the file
        size_t      size;   // bytes
        ggml_type   type;
    };

    // Where the data of a tensor lies; null when the files lack it in that shape, or its type cannot be converted to F32.
    const source * find(const ggml_tensor * t) const;

    // Calls visit(thread, row, bytes) for rows first … first + n - 1 of a tensor, from `n_threads` threads.
    static void for_each_row(const source & source, int64_t ne0, int64_t first, int64_t n, int n_threads,
            const std::function<void(int, int64_t, const char *)> & visit);

    // A sensible number of threads for that.
    static int threads_for(int64_t n_rows);

private:
    std::map<std::string, source> sources; // by tensor name
};

// row[ne0] of a type as F32.
void sol_row_to_float(ggml_type type, const char * bytes, int64_t ne0, float * out);
