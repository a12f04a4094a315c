#include "sol-norms.h"

#include <algorithm>
#include <cmath>

const float * sol_unit_norms::get(const ggml_tensor * up, int64_t up_first, const ggml_tensor * down, int64_t n_ff) {
    const auto * down_source = weights.find(down);
    const auto * up_source   = up ? weights.find(up) : nullptr;

    if (!down_source || down->ne[0] != n_ff || (up && (!up_source || up->ne[1] < up_first + n_ff || up->ne[2] != down->ne[2]))) {
        return nullptr;
    }

    const std::lock_guard<std::mutex> lock(mutex);

    auto & norms = cache[{ up ? up->name : "", up_first, down->name }];
    if (!norms.empty()) {
        return norms.data();
    }

    const int64_t n_expert = down->ne[2];

    const int n_threads = sol_weights::threads_for(ggml_nrows(down));

    std::vector<std::vector<float>>  rows(n_threads, std::vector<float>(std::max(n_ff, up ? up->ne[0] : 0)));
    std::vector<std::vector<double>> columns(n_threads, std::vector<double>(n_ff*n_expert));

    sol_weights::for_each_row(*down_source, n_ff, 0, ggml_nrows(down), n_threads, [&](int t, int64_t r, const char * bytes) {
        sol_row_to_float(down_source->type, bytes, n_ff, rows[t].data());

        double * column = columns[t].data() + r/down->ne[1]*n_ff;
        for (int64_t j = 0; j < n_ff; ++j) {
            column[j] += (double) rows[t][j]*rows[t][j];
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

        sol_weights::for_each_row(*up_source, up->ne[0], up_first, last - up_first, n_threads, [&](int t, int64_t r, const char * bytes) {
            const int64_t j = r % up->ne[1] - up_first;
            if (j < 0 || j >= n_ff) {
                return; // of the gate
            }

            sol_row_to_float(up_source->type, bytes, up->ne[0], rows[t].data());

            double sum = 0.0;
            for (int64_t i = 0; i < up->ne[0]; ++i) {
                sum += (double) rows[t][i]*rows[t][i];
            }
            squares[r/up->ne[1]*n_ff + j] *= sum;
        });
    }

    norms.resize(squares.size());
    std::transform(squares.begin(), squares.end(), norms.begin(), [](double s) { return (float) std::sqrt(s); });

    return norms.data();
}
