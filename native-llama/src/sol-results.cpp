// The results of a decode: logits and what is computed from them, hidden states, usage.

#include "sol-context.h"

#include "sol-error.h"
#include "sol-kernels.h"
#include "sol-model.h"

#include "llama-model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

// Rows of log-probabilities.
struct sol_logprobs {
    int32_t            n_rows;
    int32_t            n_vocab;
    std::vector<float> values;

    float * row(int32_t i) { return values.data() + (size_t) i*n_vocab; }

    const float * row(int32_t i) const { return values.data() + (size_t) i*n_vocab; }
};

static void require_output(const sol_context * context, int32_t i) {
    sol_require(context != nullptr, "context must not be NULL");
    sol_require(i >= 0 && i < (int32_t) context->output.size() && context->output[i],
            "token " + std::to_string(i) + " was not an output of the last decode");
}

static const float * logits_of(sol_context * context, int32_t i) {
    require_output(context, i);

    const float * res = llama_get_logits_ith(context->llama.get(), i);
    sol_require(res != nullptr, "the model has no logits");

    return res;
}

const float * sol_usable_logits(sol_context * context, int32_t i) {
    const float * res = logits_of(context, i);

    // branch-free: sums of what is NaN or +∞, and of what is finite
    int32_t n_unusable = 0;
    int32_t n_finite   = 0;
    for (int32_t t = 0; t < context->n_vocab; ++t) {
        uint32_t bits;
        memcpy(&bits, res + t, sizeof(bits));

        const bool is_finite = (bits & 0x7f800000u) != 0x7f800000u;
        n_finite   += is_finite;
        n_unusable += !is_finite && bits != 0xff800000u; // −∞
    }
    if (n_unusable > 0 || n_finite == 0) {
        throw sol_error(SOL_INVALID_MODEL, "the model computed logits that are not finite: its weights are damaged");
    }

    return res;
}

sol_status sol_logits(sol_context * context, int32_t i, const float ** logits) {
    return sol_guarded([&] {
        sol_require(logits != nullptr, "sol_logits: logits must not be NULL");

        *logits = logits_of(context, i);
    });
}

sol_status sol_hidden(sol_context * context, int32_t i, const float ** hidden) {
    return sol_guarded([&] {
        require_output(context, i);
        sol_require(hidden != nullptr, "sol_hidden: hidden must not be NULL");
        sol_require(context->state->has_hidden, "the model's graph has no hidden state after the final norm");

        *hidden = llama_get_embeddings_ith(context->llama.get(), i);
        sol_require(*hidden != nullptr, "the model's graph has no hidden state after the final norm");
    });
}

sol_status sol_get_usage(const sol_context * context, int32_t i, sol_usage * usage) {
    return sol_guarded([&] {
        sol_require(context && usage, "sol_get_usage: context and usage must not be NULL");

        const auto & all = context->state->usage;
        sol_require(i >= 0 && i < (int32_t) all.size(), all.empty()
                ? "the last decode had no knobs: its tokens were dense and nothing was counted"
                : "token " + std::to_string(i) + " of a batch of " + std::to_string(all.size()));

        *usage = all[i];
    });
}

//
// scores
//

// log Σ exp(logits)
static double norm_of(const sol_exponentials & e) {
    return e.first + std::log(e.sum);
}

static sol_token_score score(const float * logits, int32_t n, llama_token label, const float * reference) {
    const sol_exponentials e    = sol_sum_exponentials(logits, n);
    const double           norm = norm_of(e);

    double kl = 0.0;
    for (int32_t t = 0; t < n && reference; ++t) {
        if (reference[t] != -INFINITY) {
            kl += std::exp(reference[t])*(reference[t] - (logits[t] - norm));
        }
    }

    const float none = std::numeric_limits<float>::quiet_NaN();

    return {
        /*.logprob =*/ label >= 0 ? (float) (logits[label] - norm) : none,
        /*.entropy =*/ (float) std::max(std::log(e.sum) + e.distance/e.sum, 0.0),
        /*.margin  =*/ e.first - e.second,
        /*.kl      =*/ reference ? (float) std::max(kl, 0.0) : none,
    };
}

static void require_row(const sol_logprobs & logprobs, const sol_context & context, int32_t row) {
    sol_require_range("row", row, 0, logprobs.n_rows - 1);
    sol_require(logprobs.n_vocab == context.n_vocab, "log-probabilities over " + std::to_string(logprobs.n_vocab)
            + " tokens, the model has " + std::to_string(context.n_vocab));
}

sol_status sol_score(sol_context * context, int32_t n, const int32_t * index, const llama_token * label,
        const sol_logprobs * reference, const int32_t * reference_row, sol_token_score * scores) {
    return sol_guarded([&] {
        sol_require(context && n >= 0 && (n == 0 || (index && label && scores)), "sol_score: context, index, label and scores must not be NULL");
        sol_require(!reference || n == 0 || reference_row, "sol_score: a reference needs reference_row");

        for (int32_t i = 0; i < n; ++i) {
            require_output(context, index[i]);
            sol_require_range("label", label[i], -1, context->n_vocab - 1);
            if (reference) {
                require_row(*reference, *context, reference_row[i]);
            }
        }

        for (int32_t i = 0; i < n; ++i) {
            scores[i] = score(sol_usable_logits(context, index[i]), context->n_vocab, label[i],
                    reference ? reference->row(reference_row[i]) : nullptr);
        }
    });
}

sol_status sol_logprobs_create(const sol_model * model, int32_t n_rows, sol_logprobs ** logprobs) {
    return sol_guarded([&] {
        sol_require(model && logprobs, "sol_logprobs_create: model and logprobs must not be NULL");
        sol_require_range("n_rows", n_rows, 1, 1 << 24);

        *logprobs = nullptr;

        const int32_t n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model->llama.get()));

        auto res = std::make_unique<sol_logprobs>(sol_logprobs { n_rows, n_vocab, {} });
        res->values.assign((size_t) n_rows*n_vocab, -std::log((float) n_vocab)); // uniform until something is kept
        *logprobs = res.release();
    });
}

void sol_logprobs_free(sol_logprobs * logprobs) {
    delete logprobs;
}

sol_status sol_logprobs_keep(sol_logprobs * logprobs, sol_context * context, int32_t n, const int32_t * index, const int32_t * row) {
    return sol_guarded([&] {
        sol_require(logprobs && context && n >= 0 && (n == 0 || (index && row)), "sol_logprobs_keep: no argument may be NULL");

        for (int32_t i = 0; i < n; ++i) {
            require_output(context, index[i]);
            require_row(*logprobs, *context, row[i]);
        }

        for (int32_t i = 0; i < n; ++i) {
            const float * logits = sol_usable_logits(context, index[i]);
            const double  norm   = norm_of(sol_sum_exponentials(logits, context->n_vocab));

            std::transform(logits, logits + context->n_vocab, logprobs->row(row[i]), [&](float x) { return (float) (x - norm); });
        }
    });
}
