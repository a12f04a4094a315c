// Decoding a batch whose tokens have knobs.

#include "sol-context.h"

#include "sol-error.h"

#include "llama-context.h"

#include <algorithm>
#include <string>
#include <vector>

static std::string at(int32_t i) {
    return " of batch entry " + std::to_string(i);
}

static void check_knobs(const sol_knobs & k, int32_t i) {
    // written so that NaN fails
    sol_require(k.attn_keep > 0.0f && k.attn_keep <= 1.0f, "attn_keep" + at(i) + " is " + std::to_string(k.attn_keep) + ", must be in (0, 1]");
    sol_require(k.mlp_keep  > 0.0f && k.mlp_keep  <= 1.0f, "mlp_keep"  + at(i) + " is " + std::to_string(k.mlp_keep)  + ", must be in (0, 1]");
    sol_require(k.act_bits >= 4    && k.act_bits  <= 16,   "act_bits"  + at(i) + " is " + std::to_string(k.act_bits)  + ", must be 4…16");
}

// Refuses what llama_decode would abort on, or would refuse without saying which token it was.
static void check_batch(const sol_context & context, const sol_batch & batch) {
    sol_require(batch.token && batch.pos && batch.seq_id && batch.output, "token, pos, seq_id and output of a batch must not be NULL");
    sol_require(batch.n_tokens >= 1 && batch.n_tokens <= context.n_batch,
            "a batch of " + std::to_string(batch.n_tokens) + " tokens, must be 1…" + std::to_string(context.n_batch) + " (n_batch)");

    const llama_memory_t memory = llama_get_memory(context.llama.get());

    std::vector<llama_pos> next(context.n_seq_max, -1); // −1: not known yet

    for (int32_t i = 0; i < batch.n_tokens; ++i) {
        const llama_seq_id seq = batch.seq_id[i];

        sol_require(batch.token[i] >= 0 && batch.token[i] < context.n_vocab, "token" + at(i) + " is "
                + std::to_string(batch.token[i]) + ", must be 0…" + std::to_string(context.n_vocab - 1));
        sol_require(seq >= 0 && seq < context.n_seq_max, "seq_id" + at(i) + " is "
                + std::to_string(seq) + ", must be 0…" + std::to_string(context.n_seq_max - 1));

        if (next[seq] < 0) {
            next[seq] = llama_memory_seq_pos_max(memory, seq) + 1;
        }
        sol_require(batch.pos[i] == next[seq], "pos" + at(i) + " is " + std::to_string(batch.pos[i])
                + ", sequence " + std::to_string(seq) + " goes on at " + std::to_string(next[seq]));
        ++next[seq];

        if (batch.knobs) {
            check_knobs(batch.knobs[i], i);
        }
    }
}

static sol_status status_of(int32_t code) {
    switch (code) {
        case  0: return SOL_OK;
        case  1: return SOL_KV_CACHE_FULL;
        case  2: return SOL_CANCELLED;
        case -1: return SOL_INVALID_ARGUMENT;
        default: return SOL_INTERNAL;
    }
}

static std::string message_of(sol_status status, const sol_context & context) {
    switch (status) {
        case SOL_KV_CACHE_FULL: return "the KV cache of " + std::to_string(sol_context_n_ctx(&context)) + " cells is full";
        case SOL_CANCELLED:     return "the decode was cancelled";
        default:                return "llama_decode failed: " + sol_logged_errors();
    }
}

// llama_decode cleans up after itself when it returns an error; after an exception the batch is removed from the KV cache here.
static int32_t decode_or_forget(const sol_context & context, const llama_batch & batch) {
    try {
        return llama_decode(context.llama.get(), batch);
    } catch (...) {
        for (int32_t i = 0; i < batch.n_tokens; ++i) {
            llama_memory_seq_rm(llama_get_memory(context.llama.get()), batch.seq_id[i][0], batch.pos[i], -1);
        }
        throw;
    }
}

sol_status sol_decode(sol_context * context, const sol_batch * batch) {
    return sol_guarded([&] {
        sol_require(context && batch, "sol_decode: context and batch must not be NULL");

        sol_state & state = *context->state;

        state.usage.clear();
        state.has_hidden = false;
        context->output.clear();

        if (state.cancelled.exchange(false)) {
            throw sol_error(SOL_CANCELLED, message_of(SOL_CANCELLED, *context));
        }

        check_batch(*context, *batch);

        // the knobs must not outlive the call, however it ends
        struct decode_scope {
            sol_state & state;
            ~decode_scope() { state.knobs = nullptr; }
        } scope { state };

        sol_require(!state.params.record_mlp || batch->n_tokens <= (int32_t) state.params.n_ubatch,
                "a context with record_mlp takes at most n_ubatch = " + std::to_string(state.params.n_ubatch) + " tokens at once");

        state.mlp_records.clear();
        state.knobs = batch->knobs;
        state.usage.resize(batch->knobs ? batch->n_tokens : 0);
        context->llama->sol_set_hooks(batch->knobs != nullptr);

        std::vector<int32_t>        n_seq_id(batch->n_tokens, 1);
        std::vector<llama_seq_id>   seq_ids (batch->seq_id, batch->seq_id + batch->n_tokens);
        std::vector<llama_seq_id *> seq_id  (batch->n_tokens);
        for (int32_t i = 0; i < batch->n_tokens; ++i) {
            seq_id[i] = &seq_ids[i];
        }

        const int32_t code = decode_or_forget(*context, {
            /*.n_tokens =*/ batch->n_tokens,
            /*.token    =*/ const_cast<llama_token *>(batch->token),
            /*.embd     =*/ nullptr,
            /*.pos      =*/ const_cast<llama_pos *>(batch->pos),
            /*.n_seq_id =*/ n_seq_id.data(),
            /*.seq_id   =*/ seq_id.data(),
            /*.logits   =*/ const_cast<int8_t *>(batch->output),
        });

        const sol_status status = status_of(code);
        if (status != SOL_OK) {
            state.usage.clear();
            state.stores.clear(); // summaries of some layers may be missing
            state.cancelled = false;
            throw sol_error(status, message_of(status, *context));
        }

        llama_synchronize(context->llama.get());
        context->output.assign(batch->output, batch->output + batch->n_tokens);
    });
}

void sol_context_cancel(sol_context * context) {
    context->state->cancelled = true;
}

void sol_context_uncancel(sol_context * context) {
    context->state->cancelled = false;
}
