// What the ops of a decode read and wrote, copied by the scheduler's eval callback. Ops are known by what they are and by the
// names of the weights they read, not by anything that the library says about them.

#pragma once

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Rows of a tensor as F32.
struct seen_rows {
    int64_t            n_cols = 0; // contiguous
    int64_t            n_rows = 0;
    std::vector<float> data;

    const float * row(int64_t r) const { return data.data() + r*n_cols; }
};

// GGML_OP_FLASH_ATTN_EXT over a KV cache, and what became of its result; or sol_op_attend in its place.
struct seen_attention {
    int                  il = -1;
    std::string          cache;    // that of the keys: cache_k_l0, …
    std::vector<int64_t> written;  // cells that the tokens' keys went to before; empty when the layer reads another layer's
    seen_rows            q;        // rows: token-major, then head
    seen_rows            k;        // rows: cell-major, then KV head
    seen_rows            v;
    seen_rows            mask;     // rows: token; columns: cell
    std::vector<float>   sinks;    // [n_head], or empty
    seen_rows            dense;    // what the op wrote: token-major, then head; empty when it is not computed
    bool                 quantized = false; // keys and values
    seen_rows            out;      // what the next op reads
    bool                 replaced = false; // an op of ours stands between the two
    int64_t              n_tokens  = 0;
    int64_t              n_head    = 0;
    int64_t              n_head_kv = 0;
    int64_t              n_cells   = 0;
    float                scale     = 0.0f;
    float                max_bias  = 0.0f;
    float                softcap   = 0.0f;
};

// GGML_OP_MUL_MAT or _ID with a weight of an MLP, or an op of ours that multiplies only a part of it: sol_op_up (whose `out` is what
// the down projection reads) and sol_op_down.
struct seen_product {
    std::string          weight; // blk.0.ffn_down.weight
    seen_rows            in;
    seen_rows            out;
    std::vector<int32_t> experts;    // [n_tokens][n_used] of _ID, else empty
    int64_t              n_used = 1; // rows of `out` for each token
    bool                 partial = false; // by an op of ours
};

// An op of ours that changes rows in place, or makes changed ones.
struct seen_change {
    int         il = -1;
    seen_rows   before;
    seen_rows   after;
    int64_t     n_inner = 1;      // rows for each token: the experts it goes to
    std::string reader;           // weight that is multiplied with `after` first

    // of a pruned MLP, read from the graph above it
    seen_rows   magnitude;        // |act(gate)|; empty when nothing is multiplied with the activation
    std::string up;               // weight whose product is multiplied with the activation, or empty
    int64_t     up_first = 0;     // its first row that is not a gate's
    std::vector<int32_t> experts; // [n_tokens][n_inner] of a mixture
};

struct graph_observer {
    std::vector<seen_attention> attention;
    std::vector<seen_product>   products;
    std::vector<seen_change>    inputs;  // sol_op_mlp_input
    std::vector<seen_change>    pruned;  // sol_op_prune_mlp
    std::vector<seen_change>    experts; // sol_op_prune_experts
    std::vector<seen_change>    rounded; // sol_op_round
    std::map<std::string, std::vector<seen_rows>> named; // tensors asked for by the names in `names`, with their layer: ffn_norm-0

    std::vector<std::string> names;

    void clear();

    static bool callback(ggml_tensor * t, bool ask, void * observer);

private:
    void before(ggml_tensor * t);
    void after(ggml_tensor * t);

    std::vector<seen_change> * changes_of(const ggml_tensor * t);

    void note_attention(const ggml_tensor * q, const ggml_tensor * k, const ggml_tensor * v, const ggml_tensor * mask, const ggml_tensor * sinks);

    int last_il = -1; // of the last tensor whose name has a layer
    std::map<std::string, std::vector<int64_t>> written; // cells of the ubatch at hand, by cache

    struct unread { // an op of ours whose result no product has read yet
        const ggml_tensor *        op;
        std::vector<seen_change> * changes;
        size_t                     index;
    };
    std::vector<unread> unread_ops;

    void note_reader(const ggml_tensor * product);

    const ggml_tensor * flash = nullptr; // of the last attention
};

// [ne0, ne1, ne2] as rows of ne0; `swap`: ne2 counts faster than ne1. F32, F16 or quantised.
seen_rows copy_rows(const ggml_tensor * t, bool swap = false);
