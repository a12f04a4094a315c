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

#include <cstring>
#include <limits>

static void require_seq(const sol_context * context, llama_seq_id seq) {
    sol_require(context != nullptr, "context must not be NULL");
    sol_require_range("sequence", seq, 0, context->n_seq_max - 1);
}

static llama_memory_t memory_of(const sol_context * context) {
    return llama_get_memory(context->llama.get());
}

sol_status sol_seq_rm(sol_context * context, llama_seq_id seq, llama_pos p0, llama_pos p1) {
    return sol_guarded([&] {
        require_seq(context, seq);

        sol_require(llama_memory_seq_rm(memory_of(context), seq, p0, p1),
                "the model cannot forget a part of a sequence: remove all of it");
    });
}

sol_status sol_seq_cp(sol_context * context, llama_seq_id src, llama_seq_id dst, llama_pos p0, llama_pos p1) {
    return sol_guarded([&] {
        require_seq(context, src);
        require_seq(context, dst);

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

// A cell has one position for all of its sequences, and each position of a sequence one cell.
static void check_shift(const llama_kv_cells & cells, llama_seq_id seq, llama_pos p0, llama_pos p1, llama_pos delta) {
    const auto moves = [&](llama_pos pos) { return pos >= p0 && pos < p1; };

    for (uint32_t i = 0; i < cells.size(); ++i) {
        if (cells.is_empty(i) || !cells.seq_has(i, seq)) {
            continue;
        }

        const llama_pos pos = cells.pos_get(i);

        if (moves(pos)) {
            sol_require(cells.seq_count(i) == 1, "position " + std::to_string(pos) + " of sequence " + std::to_string(seq)
                    + " is shared with another sequence: it cannot be moved");
            sol_require((int64_t) pos + delta >= 0 && (int64_t) pos + delta <= std::numeric_limits<llama_pos>::max(),
                    "position " + std::to_string(pos) + " cannot be moved by " + std::to_string(delta));
        } else {
            sol_require(!moves(pos - delta), "positions of sequence " + std::to_string(seq) + " would be moved onto position "
                    + std::to_string(pos) + ", which it has: remove that first");
        }
    }
}

sol_status sol_seq_shift(sol_context * context, llama_seq_id seq, llama_pos p0, llama_pos p1, llama_pos delta) {
    return sol_guarded([&] {
        require_seq(context, seq);

        const auto caches = caches_of(memory_of(context));
        sol_require(!caches.empty() && llama_memory_can_shift(memory_of(context)), "the model's positions cannot be moved");

        const llama_pos from = p0 < 0 ? 0 : p0;
        const llama_pos to   = p1 < 0 ? std::numeric_limits<llama_pos>::max() : p1;
        for (const auto * cache : caches) {
            check_shift(cache->get_cells(seq), seq, from, to, delta);
        }

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

uint64_t model_hash(const sol_context & context) {
    const llama_model & model = *context.model->llama;

    char desc[256];
    llama_model_desc(&model, desc, sizeof(desc));

    const uint64_t numbers[] = {
        llama_model_n_params(&model), llama_model_size(&model), (uint64_t) llama_model_n_layer(&model), (uint64_t) context.n_vocab,
        (uint64_t) context.state->params.flash_attn, // transposes the values
    };

    return hash(numbers, sizeof(numbers), hash(desc, strlen(desc), 0));
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

        if (llama_state_seq_set_data(context->llama.get(), body, header.size, seq) != header.size) {
            llama_memory_seq_rm(memory_of(context), seq, -1, -1);
            throw sol_error(SOL_KV_CACHE_FULL, "the KV cache has no room for the saved state: " + sol_logged_errors());
        }
    });
}
