#include "sol-skip-mlp.h"

#include "sol-choice.h"
#include "sol-down.h"
#include "sol-kernels.h"
#include "sol-score.h"
#include "sol-select.h"
#include "sol-state.h"

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml-cpu/repack.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace {

constexpr int64_t BLOCK = sol_down::BLOCK;

using gemv = void (*)(int, float *, size_t, const void *, const void *, int, int);

// Upstream's kernel for 8 interleaved rows; null for a matrix in rows.
gemv interleaved_kernel(const ggml_tensor * w) {
#if defined(__AVX2__)
    if (strcmp(ggml_backend_buft_name(ggml_backend_buffer_get_type(w->buffer)), "CPU_REPACK") == 0) {
        switch (w->type) {
            case GGML_TYPE_Q4_0: return ggml_gemv_q4_0_8x8_q8_0;
            case GGML_TYPE_Q4_K: return ggml_gemv_q4_K_8x8_q8_K;
            default:             break;
        }
    }
#else
    (void) w;
#endif
    return nullptr;
}

// Ours for 8 rows of 16-bit floats; null for other types and lengths.
sol_dots8 wide_kernel(const ggml_tensor * w) {
    if (w->ne[0] % 32 == 0 && ggml_backend_buffer_is_host(w->buffer)) {
        switch (w->type) {
            case GGML_TYPE_F16:  return sol_dots8_f16;
            case GGML_TYPE_BF16: return sol_dots8_bf16;
            default:             break;
        }
    }
    return nullptr;
}

// Asks for bytes that hardware does not foresee.
void prefetch(const char * p, size_t n) {
    for (size_t i = 0; i < n; i += 64) {
        __builtin_prefetch(p + i);
    }
}

// Products of rows of a matrix, a block of 8 at a time, with the inputs of some tokens.
class row_products {
public:
    // x: F32 [ne0, n_tokens]
    row_products(const ggml_tensor * w, const ggml_tensor * x) :
            w(w), kernel(interleaved_kernel(w)), wide(wide_kernel(w)), traits(ggml_get_type_traits_cpu(w->type)), n(w->ne[0]), row_bytes(w->nb[1]),
            input_bytes(ggml_row_size(traits->vec_dot_type, n)), inputs(input_bytes*x->ne[1]) {
        for (int64_t t = 0; t < x->ne[1]; ++t) {
            const auto * row = (const float *) ((const char *) x->data + t*x->nb[1]);

            if (traits->vec_dot_type == GGML_TYPE_F32) {
                memcpy(inputs.data() + t*input_bytes, row, input_bytes);
            } else {
                ggml_get_type_traits_cpu(traits->vec_dot_type)->from_float(row, inputs.data() + t*input_bytes, n);
            }
        }
    }

    // out[8]: of a block for one token. Meanwhile asks for the block `next`, step by step: a block is over before hardware notices where
    // the reading goes.
    void multiply(int64_t block, int64_t next, int64_t token, float * out) const {
        const char * rows  = (const char *) w->data + block*BLOCK*row_bytes;
        const char * ahead = (const char *) w->data + next *BLOCK*row_bytes;
        const char * x     = inputs.data() + token*input_bytes;

        if (kernel) {
            multiply_interleaved(rows, ahead, x, out);
            return;
        }
        if (wide) {
            wide((const uint16_t *) rows, (const uint16_t *) ahead, (int64_t) (row_bytes/sizeof(uint16_t)), n, (const uint16_t *) x, out);
            return;
        }
        for (int64_t r = 0; r < BLOCK; ++r) {
            prefetch(ahead + r*row_bytes, row_bytes);
            traits->vec_dot((int) n, out + r, 0, rows + r*row_bytes, 0, x, 0, 1);
        }
    }

    // out[r1 - r0] of rows side by side, multiples of 8, for the first token: by upstream's kernel alone.
    void multiply_all(int64_t r0, int64_t r1, float * out) const {
        const char * rows = (const char *) w->data + r0*row_bytes;
        const char * x    = inputs.data();

        if (kernel) {
            kernel((int) n, out, r1 - r0, rows, x, 1, (int) (r1 - r0));
            return;
        }
        for (int64_t r = r0; r < r1; ++r) {
            traits->vec_dot((int) n, out + (r - r0), 0, rows + (r - r0)*row_bytes, 0, x, 0, 1);
        }
    }

private:
    // In steps of whole quant blocks of all types.
    void multiply_interleaved(const char * rows, const char * ahead, const char * x, float * out) const {
        constexpr int64_t STEP = 256;

        std::fill(out, out + BLOCK, 0.0f);

        for (int64_t i = 0; i < n; i += STEP) {
            const int64_t n_step = std::min(STEP, n - i);
            const size_t  offset = BLOCK*ggml_row_size(w->type, i);

            prefetch(ahead + offset, BLOCK*ggml_row_size(w->type, n_step));

            float sums[BLOCK];
            kernel((int) n_step, sums, BLOCK, rows + offset, x + ggml_row_size(traits->vec_dot_type, i), 1, BLOCK);
            for (int64_t r = 0; r < BLOCK; ++r) {
                out[r] += sums[r];
            }
        }
    }

    const ggml_tensor *          w;
    const gemv                   kernel;
    const sol_dots8              wide;
    const ggml_type_traits_cpu * traits;
    const int64_t                n;
    const size_t                 row_bytes;
    const size_t                 input_bytes;
    std::vector<char>            inputs;
};

const sol_skip_op & op_of(void * userdata) { return *(const sol_skip_op *) userdata; }

float keep_of(const ggml_tensor * dst, int64_t token) { return ((const float *) dst->src[0]->data)[2*token]; }

int64_t unit_count(const sol_skip_op & op) { return (op.n_ff + op.mlp.group - 1)/op.mlp.group; }

float * column(const ggml_tensor * t, int64_t i) { return (float *) ((char *) t->data + i*t->nb[1]); }

} // namespace

void sol_mlp_scratch::reserve(int64_t n_tokens, int64_t n_ff, int64_t n_units) {
    const auto grow = [](auto & v, int64_t n) { v.resize(std::max<size_t>(v.size(), n)); };

    grow(act,    n_tokens*n_ff);
    grow(scores, n_tokens*n_units);
    grow(units,  n_tokens*n_units);
    grow(blocks, n_tokens*n_ff/BLOCK);
}

bool sol_has_rows(const ggml_tensor * w) {
    if (!w->buffer || w->ne[1] % BLOCK != 0 || w->ne[2] != 1) {
        return false;
    }
    if (ggml_backend_buffer_is_host(w->buffer)) {
        const auto * traits = ggml_get_type_traits_cpu(w->type);
        return traits->vec_dot && (traits->vec_dot_type == GGML_TYPE_F32 || ggml_get_type_traits_cpu(traits->vec_dot_type)->from_float);
    }
    return interleaved_kernel(w) != nullptr;
}

// act[j0 … j1) of a token, multiples of 8, before activation: `out` times the narrow product.
static void predict(const sol_down & out, const float * narrow, int64_t rank, int64_t j0, int64_t j1, float * act) {
    const std::vector<uint8_t> all(rank/BLOCK, 1);

    std::vector<char> quants;
    if (out.is_quantized()) {
        quants.resize(ggml_row_size(GGML_TYPE_Q8_0, rank));
        ggml_get_type_traits_cpu(GGML_TYPE_Q8_0)->from_float(narrow, quants.data(), rank);
    }

    const sol_down::token token = { narrow, quants.data(), all.data(), act + j0 };
    out.multiply(&token, 1, j0, j1);
}

void sol_op_score(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = op_of(userdata);

    const ggml_tensor * gate = dst->src[2];

    // this thread's units: whole blocks
    const int64_t n_units = unit_count(op);
    const int64_t n_step  = std::max<int64_t>(1, BLOCK/op.mlp.group);
    const int64_t u0      = n_units/n_step*ith/nth*n_step;
    const int64_t u1      = n_units/n_step*(ith + 1)/nth*n_step;
    const int64_t j0      = u0*op.mlp.group;
    const int64_t j1      = std::min(op.n_ff, u1*op.mlp.group);

    for (int64_t t = 0; t < gate->ne[1]; ++t) {
        float *       act = op.scratch->act.data() + t*op.n_ff;
        const float * pre = column(gate, t);

        if (op.predictor) {
            predict(*op.predictor, pre, gate->ne[0], j0, j1, act);
            pre = act;
        }
        sol_activate(op.mlp.type_op, op.mlp.situ_beta, pre + j0, j1 - j0, act + j0);

        if (sol_keep_count(keep_of(dst, t), n_units) < n_units) {
            sol_score_units(act, op.mlp.norms, op.n_ff, op.mlp.group, u0, u1, op.scratch->scores.data() + t*n_units);
        }
    }
}

void sol_op_select(ggml_tensor * dst, int ith, int /*nth*/, void * userdata) {
    if (ith != 0) {
        return; // a few microseconds
    }

    const auto & op = op_of(userdata);

    const int64_t   n_tokens = dst->src[1]->ne[0];
    const int64_t   n_units  = unit_count(op);
    const int64_t   n_blocks = op.n_ff/BLOCK;
    const int32_t * index    = (const int32_t *) dst->src[1]->data;

    op.scratch->all = true;

    for (int64_t t = 0; t < n_tokens; ++t) {
        uint8_t * units  = op.scratch->units .data() + t*n_units;
        uint8_t * blocks = op.scratch->blocks.data() + t*n_blocks;

        const int64_t k = sol_keep_count(keep_of(dst, t), n_units);
        sol_select_top(op.scratch->scores.data() + t*n_units, n_units, k, units, op.scratch->keys);
        op.scratch->all &= k == n_units;

        if (k < n_units && op.mlp.state->choices) {
            op.mlp.state->choices->on_choice({ op.mlp.kind, op.mlp.il, index[t], 0 }, units, n_units);
        }

        for (int64_t b = 0; b < n_blocks; ++b) {
            if (op.mlp.group == BLOCK) {
                blocks[b] = units[b];
                continue;
            }
            const int64_t first = b*BLOCK/op.mlp.group;
            const int64_t last  = (b*BLOCK + BLOCK - 1)/op.mlp.group;

            blocks[b] = std::any_of(units + first, units + last + 1, [](uint8_t kept) { return kept != 0; });
        }

        sol_usage & usage = op.mlp.state->usage[index[t]];

        (op.mlp.kind == sol_choice_kind::SHARED_UNITS ? usage.shared_kept  : usage.mlp_kept)  += k;
        (op.mlp.kind == sol_choice_kind::SHARED_UNITS ? usage.shared_units : usage.mlp_units) += n_units;
    }

    op.scratch->kept.clear();
    for (int64_t b = 0; b < n_blocks; ++b) {
        for (int64_t t = 0; t < n_tokens; ++t) {
            if (op.scratch->blocks[t*n_blocks + b]) {
                op.scratch->kept.push_back((int32_t) b);
                break;
            }
        }
    }
}

// What a thread computes: an even part of the blocks that any token keeps; and where its part of all blocks lies.
struct block_share {
    const int32_t * kept;
    int64_t         n_kept;
    int64_t         begin;
    int64_t         end;
};

static block_share share_of_blocks(const sol_skip_op & op, int ith, int nth) {
    const auto &  kept     = op.scratch->kept;
    const int64_t n_kept   = (int64_t) kept.size();
    const int64_t n_blocks = op.n_ff/BLOCK;

    const int64_t first = n_kept*ith/nth;
    const int64_t last  = n_kept*(ith + 1)/nth;

    return { kept.data() + first, last - first, ith == 0 ? 0 : kept[first], ith == nth - 1 ? n_blocks : kept[last] };
}

void sol_op_up(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = op_of(userdata);

    const int64_t n_blocks = op.n_ff/BLOCK;
    const int64_t n_tokens = dst->ne[1];

    const row_products          up(op.up, dst->src[3]);
    std::optional<row_products> gate;
    if (op.gate) {
        gate.emplace(op.gate, dst->src[3]);
    }

    const block_share share = share_of_blocks(op, ith, nth);

    if (n_tokens == 1 && op.scratch->all) {
        const int64_t j0  = share.begin*BLOCK;
        const int64_t j1  = share.end*BLOCK;
        float *       act = op.scratch->act.data();
        float *       h   = column(dst, 0);

        if (gate) { // until now `act` is a prediction
            gate->multiply_all(j0, j1, act + j0);
            sol_activate(op.mlp.type_op, op.mlp.situ_beta, act + j0, j1 - j0, act + j0);
        }
        up.multiply_all(j0, j1, h + j0);
        for (int64_t j = j0; j < j1; ++j) {
            h[j] *= act[j];
        }
        return;
    }

    for (int64_t t = 0; t < n_tokens; ++t) {
        std::fill(column(dst, t) + share.begin*BLOCK, column(dst, t) + share.end*BLOCK, 0.0f);
    }

    // block by block, so that tokens share what is read
    for (int64_t i = 0; i < share.n_kept; ++i) {
        const int64_t b    = share.kept[i];
        const int64_t next = share.kept[std::min(i + 1, share.n_kept - 1)];

        for (int64_t t = 0; t < n_tokens; ++t) {
            if (!op.scratch->blocks[t*n_blocks + b]) {
                continue;
            }

            const uint8_t * units = op.scratch->units.data() + t*unit_count(op);
            float *         act   = op.scratch->act  .data() + t*op.n_ff;
            float *         h     = column(dst, t);

            if (gate) { // until now `act` is a prediction
                gate->multiply(b, next, t, act + b*BLOCK);
                sol_activate(op.mlp.type_op, op.mlp.situ_beta, act + b*BLOCK, BLOCK, act + b*BLOCK);
            }
            up.multiply(b, next, t, h + b*BLOCK);

            for (int64_t j = b*BLOCK; j < (b + 1)*BLOCK; ++j) {
                h[j] *= act[j];
            }
            if (op.mlp.group % BLOCK != 0) { // otherwise a block is kept as a whole
                for (int64_t j = b*BLOCK; j < (b + 1)*BLOCK; ++j) {
                    h[j] = units[j/op.mlp.group] ? h[j] : 0.0f;
                }
            }
        }
    }
}

void sol_op_down(ggml_tensor * dst, int ith, int nth, void * userdata) {
    const auto & op = op_of(userdata);

    const int64_t n_blocks = op.n_ff/BLOCK;
    const int64_t n_tokens = dst->ne[1];

    // this thread's outputs
    const int64_t o0 = dst->ne[0]/BLOCK*ith/nth*BLOCK;
    const int64_t o1 = dst->ne[0]/BLOCK*(ith + 1)/nth*BLOCK;

    const ggml_tensor * h = dst->src[2];

    if (op.scratch->all) {
        const row_products down(op.down, h);

        if (n_tokens == 1) {
            down.multiply_all(o0, o1, column(dst, 0) + o0);
            return;
        }
        for (int64_t o = o0; o < o1; o += BLOCK) {
            for (int64_t t = 0; t < n_tokens; ++t) {
                down.multiply(o/BLOCK, std::min(o, o1 - 2*BLOCK)/BLOCK + 1, t, column(dst, t) + o);
            }
        }
        return;
    }

    const size_t      h8_bytes = op.slabs->is_quantized() ? ggml_row_size(GGML_TYPE_Q8_0, op.n_ff) : 0;
    std::vector<char> h8(n_tokens*h8_bytes);

    std::vector<sol_down::token> tokens;
    for (int64_t t = 0; t < n_tokens; ++t) {
        char * quants = h8.data() + t*h8_bytes;
        if (h8_bytes > 0) {
            ggml_get_type_traits_cpu(GGML_TYPE_Q8_0)->from_float(column(h, t), quants, op.n_ff);
        }
        tokens.push_back({ column(h, t), quants, op.scratch->blocks.data() + t*n_blocks, column(dst, t) + o0 });
    }
    op.slabs->multiply(tokens.data(), n_tokens, o0, o1);
}
