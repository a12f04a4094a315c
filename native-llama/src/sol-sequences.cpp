// The KV cache: removing, sharing and moving the positions of a sequence, and saving its state.

#include "sol-context.h"

#include "sol-error.h"
#include "sol-model.h"

#include "llama-context.h"
#include "llama-kv-cache.h"
#include "llama-kv-cache-iswa.h"
#include "llama-memory-hybrid.h"
#include "llama-memory-hybrid-iswa.h"
#include "llama-model.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

static void require_seq(const sol_context * context, llama_seq_id seq) {
    sol_require(context != nullptr, "context must not be NULL");
    sol_require_range("sequence", seq, 0, context->n_seq_max - 1);
}

static llama_memory_t memory_of(const sol_context * context) {
    return llama_get_memory(context->llama.get());
}

// The caches whose cells have positions. Empty for a kind of memory that is not known here.
static std::vector<const llama_kv_cache *> caches_of(llama_memory_i * memory) {
    if (const auto * kv = dynamic_cast<const llama_kv_cache *>(memory)) {
        return { kv };
    }
    if (const auto * iswa = dynamic_cast<const llama_kv_cache_iswa *>(memory)) {
        return { iswa->get_base(), iswa->get_swa() };
    }
    if (const auto * hybrid = dynamic_cast<const llama_memory_hybrid *>(memory)) {
        return { hybrid->get_mem_attn() };
    }
    if (const auto * hybrid = dynamic_cast<const llama_memory_hybrid_iswa *>(memory)) {
        return { hybrid->get_mem_attn()->get_base(), hybrid->get_mem_attn()->get_swa() };
    }
    return {};
}

//
// what a sequence may become
//

static bool is_recurrent(const sol_context * context) {
    const llama_model * model = context->model->llama.get();
    return llama_model_is_recurrent(model) || llama_model_is_hybrid(model);
}

// Layers with a sliding window let go of positions that have left it, and a saved state leaves them out. Refuses what would
// bring such a position back: `moved` says where each position of `seq` will be, -1 = nowhere; `last` is another position to come.
static void require_window(const sol_context * context, llama_seq_id seq, const std::function<llama_pos(llama_pos)> & moved, llama_pos last = -1) {
    const auto caches = caches_of(memory_of(context));
    if (caches.size() < 2) {
        return;
    }

    const auto positions = [&](const llama_kv_cache & cache) {
        const llama_kv_cells & cells = cache.get_cells(seq);

        std::vector<llama_pos> res;
        for (uint32_t i = 0; i < cells.size(); ++i) {
            if (!cells.is_empty(i) && cells.seq_has(i, seq)) {
                res.push_back(cells.pos_get(i));
            }
        }
        std::sort(res.begin(), res.end());
        return res;
    };

    const std::vector<llama_pos> all  = positions(*caches[0]);
    const std::vector<llama_pos> held = positions(*caches[1]);

    for (const llama_pos pos : all) {
        last = std::max(last, moved(pos));
    }

    const llama_hparams & hparams = context->model->llama->hparams;
    for (const llama_pos pos : all) {
        const llama_pos to = moved(pos);
        if (to >= 0 && !llama_hparams::is_masked_swa(hparams.n_swa, hparams.swa_type, to, last + 1)
                && !std::binary_search(held.begin(), held.end(), pos)) {
            throw sol_error(SOL_INVALID_ARGUMENT, "position " + std::to_string(pos) + " of sequence " + std::to_string(seq)
                    + " would be in the window of sliding layers again, which no longer have it");
        }
    }
}

//
// removing and sharing
//

sol_status sol_seq_rm(sol_context * context, llama_seq_id seq, llama_pos p0, llama_pos p1) {
    return sol_guarded([&] {
        require_seq(context, seq);
        require_window(context, seq, [&](llama_pos pos) { return pos >= p0 && (p1 < 0 || pos < p1) ? -1 : pos; });

        // of a middle upstream would remove what attention has of it, and leave it in the recurrent state
        const llama_pos last = llama_memory_seq_pos_max(memory_of(context), seq);
        const bool nothing = p0 > last || (p1 >= 0 && p1 <= std::max(p0, 0));
        const bool all     = p0 <= 0 && (p1 < 0 || p1 > last);
        sol_require((!is_recurrent(context) || nothing || all)
                && llama_memory_seq_rm(memory_of(context), seq, p0, p1), "the model cannot forget a part of a sequence: remove all of it");
    });
}

// Each position of a sequence has one cell.
static void check_copy(const llama_kv_cells & cells, llama_seq_id dst, llama_pos p0, llama_pos p1) {
    for (uint32_t i = 0; i < cells.size(); ++i) {
        if (!cells.is_empty(i) && cells.seq_has(i, dst) && cells.pos_in(i, p0, p1)) {
            throw sol_error(SOL_INVALID_ARGUMENT, "sequence " + std::to_string(dst) + " already has position "
                    + std::to_string(cells.pos_get(i)) + ": remove it first");
        }
    }
}

sol_status sol_seq_cp(sol_context * context, llama_seq_id src, llama_seq_id dst, llama_pos p0, llama_pos p1) {
    return sol_guarded([&] {
        require_seq(context, src);
        require_seq(context, dst);

        if (src == dst) {
            return;
        }

        const llama_pos from     = std::max(p0, 0);
        const llama_pos to       = p1 < 0 ? std::numeric_limits<llama_pos>::max() : p1;
        const llama_pos dst_last = llama_memory_seq_pos_max(memory_of(context), dst);

        sol_require(!is_recurrent(context) || (from == 0 && to > llama_memory_seq_pos_max(memory_of(context), src) && dst_last < 0),
                "the model has recurrent layers, whose state belongs to a whole sequence: copy all of it, to an empty one");
        for (const auto * cache : caches_of(memory_of(context))) {
            check_copy(cache->get_cells(dst), dst, from, to);
        }
        require_window(context, src, [&](llama_pos pos) { return pos >= from && pos < to ? pos : -1; }, dst_last);

        llama_memory_seq_cp(memory_of(context), src, dst, p0, p1);
    });
}

sol_status sol_seq_pos_max(sol_context * context, llama_seq_id seq, llama_pos * pos) {
    return sol_guarded([&] {
        require_seq(context, seq);
        sol_require(pos != nullptr, "sol_seq_pos_max: pos must not be NULL");

        *pos = llama_memory_seq_pos_max(memory_of(context), seq);
    });
}

void sol_kv_clear(sol_context * context) {
    sol_guarded([&] { llama_memory_clear(memory_of(context), /*data =*/ true); });
}

//
// shift
//

// Far from where the next positions, and sums of positions, would overflow.
constexpr llama_pos MAX_POS = 1 << 30;

// A cell has one position for all of its sequences, and each position of a sequence one cell.
static void check_shift(const llama_kv_cells & cells, llama_seq_id seq, llama_pos p0, llama_pos p1, llama_pos delta) {
    const auto moves = [&](int64_t pos) { return pos >= p0 && pos < p1; };

    for (uint32_t i = 0; i < cells.size(); ++i) {
        if (cells.is_empty(i) || !cells.seq_has(i, seq)) {
            continue;
        }

        const llama_pos pos = cells.pos_get(i);

        if (moves(pos)) {
            sol_require(cells.seq_count(i) == 1, "position " + std::to_string(pos) + " of sequence " + std::to_string(seq)
                    + " is shared with another sequence: it cannot be moved");
            sol_require((int64_t) pos + delta >= 0 && (int64_t) pos + delta <= MAX_POS,
                    "position " + std::to_string(pos) + " cannot be moved by " + std::to_string(delta));
        } else {
            sol_require(!moves((int64_t) pos - delta), "positions of sequence " + std::to_string(seq) + " would be moved onto position "
                    + std::to_string(pos) + ", which it has: remove that first");
        }
    }
}

sol_status sol_seq_shift(sol_context * context, llama_seq_id seq, llama_pos p0, llama_pos p1, llama_pos delta) {
    return sol_guarded([&] {
        require_seq(context, seq);

        const auto caches = caches_of(memory_of(context));
        sol_require(!caches.empty() && llama_memory_can_shift(memory_of(context))
                && !context->model->llama->pos_embd, // learned positions are in what the keys were computed from
                "the model's positions cannot be moved");

        const llama_pos from = p0 < 0 ? 0 : p0;
        const llama_pos to   = p1 < 0 ? std::numeric_limits<llama_pos>::max() : p1;
        for (const auto * cache : caches) {
            check_shift(cache->get_cells(seq), seq, from, to, delta);
        }

        require_window(context, seq, [&](llama_pos pos) { return pos >= from && pos < to ? pos + delta : pos; });

        llama_memory_seq_add(memory_of(context), seq, from, to, delta);
    });
}

//
// state
//

namespace {

struct state_header {
    char     magic[8];
    uint64_t size;     // of what follows the header
    uint64_t model;    // and of what else decides the layout
    uint64_t checksum; // of what follows
};

constexpr char STATE_MAGIC[8] = { 'S', 'O', 'L', 's', 't', 'a', 't', '1' };

// FNV-1a over 8 bytes at a time.
uint64_t hash(const void * data, size_t size, uint64_t seed) {
    const char * p = (const char *) data;

    uint64_t res = seed ^ 0xcbf29ce484222325;
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        res = (res ^ word)*0x100000001b3;
        res ^= res >> 29; // or the high bits of the words would never reach the low ones
    }
    for (; size > 0; --size, ++p) {
        res = (res ^ (uint8_t) *p)*0x100000001b3;
    }
    return res;
}

// Of the model's shape and of a sample of each weight, and of what else decides the layout.
uint64_t model_hash(const sol_context & context) {
    const llama_model & model = *context.model->llama;

    char desc[256];
    llama_model_desc(&model, desc, sizeof(desc));

    uint64_t res = hash(desc, strlen(desc), context.state->params.flash_attn); // which transposes the values

    std::vector<uint8_t> sample;
    for (const auto & [name, tensor] : model.tensors_by_name) {
        if (!ggml_backend_buffer_is_host(tensor->buffer)) {
            continue; // weights that a backend has repacked cannot be read back; norms and embeddings never are
        }

        const size_t size = ggml_nbytes(tensor);
        sample.resize(std::min<size_t>(size, 64));
        ggml_backend_tensor_get(tensor, sample.data(), (size - sample.size())/2, sample.size());

        res = hash(name.data(), name.size(), res);
        res = hash(tensor->ne, sizeof(tensor->ne), res ^ tensor->type);
        res = hash(sample.data(), sample.size(), res);
    }
    return res;
}

} // namespace

static size_t state_size(sol_context * context, llama_seq_id seq) {
    // keys that are yet to be rotated would be saved with the positions that they are to have
    context->llama->memory_update(false);

    const size_t size = llama_state_seq_get_size(context->llama.get(), seq);
    if (size == 0) {
        throw sol_error(SOL_INTERNAL, "the state of the sequence cannot be saved: " + sol_logged_errors());
    }
    return size;
}

sol_status sol_seq_state_size(sol_context * context, llama_seq_id seq, size_t * size) {
    return sol_guarded([&] {
        require_seq(context, seq);
        sol_require(size != nullptr, "sol_seq_state_size: size must not be NULL");

        *size = sizeof(state_header) + state_size(context, seq);
    });
}

sol_status sol_seq_save(sol_context * context, llama_seq_id seq, void * state, size_t size) {
    return sol_guarded([&] {
        require_seq(context, seq);
        sol_require(state != nullptr, "sol_seq_save: state must not be NULL");

        const size_t body_size = state_size(context, seq);
        sol_require(size >= sizeof(state_header) + body_size, "the state takes " + std::to_string(sizeof(state_header) + body_size)
                + " bytes, there is room for " + std::to_string(size));

        uint8_t * body = (uint8_t *) state + sizeof(state_header);
        if (llama_state_seq_get_data(context->llama.get(), body, body_size, seq) != body_size) {
            throw sol_error(SOL_INTERNAL, "the state of the sequence cannot be saved: " + sol_logged_errors());
        }

        state_header header {};
        memcpy(header.magic, STATE_MAGIC, sizeof(header.magic));
        header.size     = body_size;
        header.model    = model_hash(*context);
        header.checksum = hash(body, body_size, body_size);
        memcpy(state, &header, sizeof(header));
    });
}

sol_status sol_seq_load(sol_context * context, llama_seq_id seq, const void * state, size_t size) {
    return sol_guarded([&] {
        require_seq(context, seq);
        sol_require(state != nullptr, "sol_seq_load: state must not be NULL");

        state_header header {};
        sol_require(size >= sizeof(header), "not a saved state: only " + std::to_string(size) + " bytes");
        memcpy(&header, state, sizeof(header));

        const uint8_t * body = (const uint8_t *) state + sizeof(header);
        sol_require(memcmp(header.magic, STATE_MAGIC, sizeof(header.magic)) == 0, "not a saved state of this version");
        sol_require(header.size <= size - sizeof(header), "the saved state is truncated");
        sol_require(header.model == model_hash(*context), "the state was saved from another model, or another kind of context");
        sol_require(header.checksum == hash(body, header.size, header.size), "the saved state is damaged");

        // upstream leaves what it has where the saved state has nothing
        llama_memory_seq_rm(memory_of(context), seq, -1, -1);

        if (llama_state_seq_set_data(context->llama.get(), body, header.size, seq) != header.size) {
            llama_memory_seq_rm(memory_of(context), seq, -1, -1);
            throw sol_error(SOL_KV_CACHE_FULL, "the KV cache has no room for the saved state: " + sol_logged_errors());
        }
    });
}
