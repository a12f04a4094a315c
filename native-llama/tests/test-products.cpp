// Products of weights with many columns, which kernels of ours compute several at a time, through ggml's CPU backend. Q6_K: the bits of the
// dot product of one row and one column. Q4_0, of which the backend takes rows in groups of 8, and short rows of F16: the sum that was meant.

#include "test-support.h"

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml-cpu.h"
#include "ggml.h"

#include <cmath>
#include <cstring>
#include <vector>

namespace {

// Weights n × n_rows × n_matrices, and columns n × n_columns × n_planes: a plane is multiplied with its share of the matrices.
struct product_case {
    ggml_type type;
    int64_t   n;
    int64_t   n_rows;
    int64_t   n_columns;
    int       n_threads;
    int64_t   n_matrices = 1;
    int64_t   n_planes   = 1;
    bool      repacked   = false;
    bool      quantised  = false; // the columns, by us: the backend then takes them as they are
    bool      apart      = false; // other columns between them

    std::string name() const {
        char text[160];
        snprintf(text, sizeof(text), "%s, %d × %d × %d times %d columns × %d%s%s, %d threads", ggml_type_name(type), (int) n, (int) n_rows,
                (int) n_matrices, (int) n_columns, (int) n_planes, quantised ? ", quantised" : "", apart ? ", apart" : "", n_threads);
        return text;
    }
};

std::vector<float> random_values(size_t n, std::mt19937 & rng) {
    std::normal_distribution<float> normal;

    std::vector<float> res(n);
    for (float & x : res) {
        x = normal(rng);
    }
    return res;
}

std::vector<char> quantise(ggml_type type, const std::vector<float> & values, int64_t n) {
    const size_t n_rows = values.size()/n;

    std::vector<char> res(n_rows*ggml_row_size(type, n));
    for (size_t r = 0; r < n_rows; ++r) {
        ggml_get_type_traits_cpu(type)->from_float(values.data() + r*n, res.data() + r*ggml_row_size(type, n), n);
    }
    return res;
}

// Where the backend takes rows in groups, or nullptr.
ggml_backend_buffer_type_t repack_buffer_type() {
    const ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    const auto get_extra = (ggml_backend_dev_get_extra_bufts_t) ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts");
    CHECK(get_extra, "the CPU backend has no function that lists its buffers");

    for (ggml_backend_buffer_type_t * type = get_extra(device); type && *type; ++type) {
        if (strcmp(ggml_backend_buft_name(*type), "CPU_REPACK") == 0) {
            return *type;
        }
    }
    return nullptr;
}

struct product {
    std::vector<char>  weights; // as they were before a backend repacked them
    std::vector<char>  columns; // quantised
    std::vector<float> result;  // n_rows × n_columns × n_planes
};

product compute(const product_case & c, std::mt19937 & rng) {
    const ggml_type column_type = ggml_get_type_traits_cpu(c.type)->vec_dot_type;
    const int64_t   n_apart     = c.apart ? 2 : 1;

    const std::vector<float> values = random_values(c.n*c.n_columns*c.n_planes, rng);

    product res;
    res.weights.resize(ggml_row_size(c.type, c.n)*c.n_rows*c.n_matrices);
    const std::vector<float> weight_values = random_values(c.n*c.n_rows*c.n_matrices, rng);
    ggml_quantize_chunk(c.type, weight_values.data(), res.weights.data(), 0, c.n_rows*c.n_matrices, c.n, nullptr);
    res.columns = quantise(column_type, values, c.n);

    const ggml_init_params params = { 16*ggml_tensor_overhead() + ggml_graph_overhead(), nullptr, /*no_alloc =*/ true };
    const ggml_context_ptr weights_context(ggml_init(params));
    const ggml_context_ptr context(ggml_init(params));

    ggml_tensor * weights = ggml_new_tensor_3d(weights_context.get(), c.type, c.n, c.n_rows, c.n_matrices);
    ggml_tensor * all     = ggml_new_tensor_3d(context.get(), c.quantised ? column_type : GGML_TYPE_F32, c.n, c.n_columns*n_apart, c.n_planes);
    ggml_tensor * columns = ggml_view_3d(context.get(), all, c.n, c.n_columns, c.n_planes, all->nb[1]*n_apart, all->nb[2], 0);
    ggml_tensor * result  = ggml_mul_mat(context.get(), weights, columns);

    const ggml_backend_ptr backend(ggml_backend_cpu_init());
    ggml_backend_cpu_set_n_threads(backend.get(), c.n_threads);

    const ggml_backend_buffer_ptr weights_buffer(ggml_backend_alloc_ctx_tensors_from_buft(weights_context.get(),
            c.repacked ? repack_buffer_type() : ggml_backend_cpu_buffer_type()));
    const ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
    ggml_backend_buffer_clear(buffer.get(), 0xFF); // NaN, in what is between the columns and in a result that is not written

    ggml_backend_tensor_set(weights, res.weights.data(), 0, res.weights.size());
    const char * source = c.quantised ? res.columns.data() : (const char *) values.data();
    for (int64_t i = 0; i < c.n_columns*c.n_planes; ++i) {
        ggml_backend_tensor_set(all, source + i*all->nb[1], i*n_apart*all->nb[1], all->nb[1]);
    }

    ggml_cgraph * graph = ggml_new_graph(context.get());
    ggml_build_forward_expand(graph, result);
    CHECK(ggml_backend_graph_compute(backend.get(), graph) == GGML_STATUS_SUCCESS, "%s", c.name().c_str());

    res.result.resize(ggml_nelements(result));
    ggml_backend_tensor_get(result, res.result.data(), 0, ggml_nbytes(result));
    return res;
}

// The bits of one row and one column at a time.
void check_bits(const product_case & c, std::mt19937 & rng) {
    const product                p      = compute(c, rng);
    const ggml_type_traits_cpu * traits = ggml_get_type_traits_cpu(c.type);

    for (int64_t i = 0; i < c.n_columns*c.n_planes; ++i) {
        const int64_t matrix = i/c.n_columns/(c.n_planes/c.n_matrices);
        for (int64_t r = 0; r < c.n_rows; ++r) {
            float expected;
            traits->vec_dot((int) c.n, &expected, 0, p.weights.data() + (matrix*c.n_rows + r)*ggml_row_size(c.type, c.n), 0,
                    p.columns.data() + i*ggml_row_size(traits->vec_dot_type, c.n), 0, 1);

            const float actual = p.result[i*c.n_rows + r];
            CHECK(memcmp(&actual, &expected, sizeof(float)) == 0, "%s: row %d of column %d is %.9g, alone %.9g", c.name().c_str(), (int) r,
                    (int) i, actual, expected);
        }
    }
}

// The sums in double precision. Of a quant block only its scales' product and its addition are rounded.
void check_sum(const product_case & c, std::mt19937 & rng) {
    const product   p           = compute(c, rng);
    const ggml_type column_type = ggml_get_type_traits_cpu(c.type)->vec_dot_type;
    const int64_t   n_blocks    = c.n/ggml_blck_size(c.type);

    std::vector<float> row(c.n);
    std::vector<float> column(c.n);
    for (int64_t i = 0; i < c.n_columns*c.n_planes; ++i) {
        const int64_t matrix = i/c.n_columns/(c.n_planes/c.n_matrices);
        ggml_get_type_traits(column_type)->to_float(p.columns.data() + i*ggml_row_size(column_type, c.n), column.data(), c.n);
        for (int64_t r = 0; r < c.n_rows; ++r) {
            ggml_get_type_traits(c.type)->to_float(p.weights.data() + (matrix*c.n_rows + r)*ggml_row_size(c.type, c.n), row.data(), c.n);

            double expected  = 0.0;
            double magnitude = 0.0;
            for (int64_t j = 0; j < c.n; ++j) {
                const double term = (double) row[j]*column[j];
                expected  += term;
                magnitude += std::fabs(term);
            }
            const double actual = p.result[i*c.n_rows + r];
            CHECK(std::fabs(actual - expected) <= (double) (n_blocks + 4)*0x1p-23*magnitude, "%s: row %d of column %d is %.9g, expected %.9g",
                    c.name().c_str(), (int) r, (int) i, actual, expected);
        }
    }
}

void test_q6_k() {
    std::mt19937 rng(1);

    for (int64_t n_columns = 1; n_columns <= 33; ++n_columns) {
        for (const int64_t n_rows : { 1, 7, 16, 45 }) {
            for (const int n_threads : { 1, 2 }) {
                check_bits({ GGML_TYPE_Q6_K, n_rows == 7 ? 768 : 256, n_rows, n_columns, n_threads }, rng);
            }
        }
    }
    for (const int64_t n_columns : { 1, 2, 3, 5, 8, 20 }) {
        for (const int64_t n_matrices : { 1, 3 }) {
            for (const int mode : { 0, 1, 2, 3 }) {
                product_case c = { GGML_TYPE_Q6_K, 512, 19, n_columns, 2, n_matrices, /*n_planes =*/ 6 };
                c.quantised = mode & 1;
                c.apart     = mode & 2;
                check_bits(c, rng);
            }
        }
    }
    printf("Q6_K\n");
}

void test_q4_0() {
    std::mt19937 rng(2);

    const bool repacks = repack_buffer_type() != nullptr;
    for (int64_t n_columns = 1; n_columns <= 33; ++n_columns) {
        for (const int64_t n_rows : { 8, 16, 56, 160 }) {
            for (const int n_threads : { 1, 2 }) {
                product_case c = { GGML_TYPE_Q4_0, n_rows == 56 ? 32 : 160, n_rows, n_columns, n_threads };
                check_sum(c, rng);
                c.repacked = repacks;
                check_sum(c, rng);
            }
        }
    }
    printf("Q4_0%s\n", repacks ? ", repacked" : "");
}

// On both sides of what short rows are, whole tiles and rests of them.
void test_f16() {
    std::mt19937 rng(3);

    for (const int64_t n : { 16, 32, 40, 192, 512, 528 }) {
        for (const int64_t n_rows : { 16, 32, 96, 160 }) {
            for (const int64_t n_columns : { 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 70 }) {
                check_sum({ GGML_TYPE_F16, n, n_rows, n_columns, /*n_threads =*/ n_rows == 96 ? 2 : 1 }, rng);
            }
        }
    }
    for (const int64_t n_matrices : { 1, 3 }) {
        for (const int mode : { 0, 1, 2, 3 }) {
            product_case c = { GGML_TYPE_F16, 64, 96, /*n_columns =*/ 21, /*n_threads =*/ 2, n_matrices, /*n_planes =*/ 6 };
            c.quantised = mode & 1;
            c.apart     = mode & 2;
            check_sum(c, rng);
        }
    }
    printf("F16\n");
}

} // namespace

int main() {
    return run_test([] {
        // a line for each tensor that is repacked
        ggml_log_set([](ggml_log_level level, const char * text, void *) {
            if (level == GGML_LOG_LEVEL_ERROR) {
                fputs(text, stderr);
            }
        }, nullptr);

        test_q6_k();
        test_q4_0();
        test_f16();
    });
}
