// Picking the next token.

#include "sol-context.h"

#include "sol-error.h"
#include "sol-grammar.h"
#include "sol-model.h"
#include "sol-text.h"

#include "llama-model.h"

#include <cmath>

namespace {

// The logits as a sampler takes them, without the tokens that the model's file says are never to be picked.
struct candidates {
    std::vector<llama_token_data> data;
    llama_token_data_array        array {};

    void fill(const float * logits, const llama_vocab * vocab) {
        const int32_t n = llama_vocab_n_tokens(vocab);
        data.resize(n);
        for (int32_t t = 0; t < n; ++t) {
            data[t] = { t, logits[t], 0.0f };
        }

        int32_t n_suppressed = 0;
        const llama_token * suppressed = llama_vocab_get_suppress_tokens(vocab, &n_suppressed);
        for (int32_t i = 0; i < n_suppressed; ++i) {
            data[suppressed[i]].logit = -INFINITY;
        }
        array = { data.data(), data.size(), -1, false };
    }

    bool any() const {
        for (size_t i = 0; i < array.size; ++i) {
            if (array.data[i].logit != -INFINITY) {
                return true;
            }
        }
        return false;
    }
};

} // namespace

// What a bias forbids is in the way of the grammar, or of everything.
static sol_error nothing_left(const sol_grammar * grammar) {
    return { SOL_INVALID_ARGUMENT, grammar
            ? "grammar: no token of the model that may follow fits the grammar"
            : "logit_bias: it forbids every token" };
}

static llama_token pick(candidates & c, llama_sampler * sampler, const sol_grammar * grammar) {
    llama_sampler_apply(sampler, &c.array);

    if (c.array.selected < 0 || c.array.selected >= (int64_t) c.array.size) {
        throw sol_error(SOL_INTERNAL, "the sampler chain ends without a sampler that picks a token");
    }
    const auto & picked = c.array.data[c.array.selected];
    if (picked.logit == -INFINITY || std::isnan(picked.logit)) {
        throw nothing_left(grammar);
    }
    return picked.id;
}

// Forbids what does not fit.
static void constrain(const sol_grammar & grammar, llama_token_data_array & array) {
    try {
        llama_sampler_apply(grammar.grammar.get(), &array);
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & e) {
        throw sol_error(SOL_INVALID_ARGUMENT, std::string("grammar: ") + e.what());
    }
}

static bool fits(const sol_grammar & grammar, llama_token token) {
    llama_token_data       data  = { token, 1.0f, 0.0f };
    llama_token_data_array array = { &data, 1, -1, false };

    constrain(grammar, array);

    return data.logit != -INFINITY;
}

// As upstream's common_sampler_sample: the grammar is asked about one token, and about all of them only when it refuses that one.
static llama_token sample_with(const float * logits, const llama_vocab * vocab, llama_sampler * sampler, sol_grammar * grammar) {
    static thread_local candidates c;

    c.fill(logits, vocab);
    const llama_token first = pick(c, sampler, nullptr);
    if (!grammar || !grammar->applies() || fits(*grammar, first)) {
        return first;
    }

    c.fill(logits, vocab);
    constrain(*grammar, c.array);
    if (!c.any()) {
        throw nothing_left(grammar);
    }
    return pick(c, sampler, grammar);
}

sol_status sol_sample(
        sol_context * context, llama_sampler * sampler, sol_grammar * grammar, int32_t i, llama_token * token) {
    return sol_guarded([&] {
        sol_require(sampler && token, "sol_sample: sampler and token must not be NULL");

        const float *       logits = sol_usable_logits(context, i); // which knows a NULL
        const llama_vocab * vocab  = llama_model_get_vocab(context->model->llama.get());
        const llama_token   res    = sample_with(logits, vocab, sampler, grammar);
        if (grammar && grammar->lazy) {
            sol_on_large_stack([&] { grammar->accept(res); }); // regular expressions recurse over the text
        } else if (grammar) {
            grammar->accept(res);
        }
        llama_sampler_accept(sampler, res);
        *token = res;
    });
}
