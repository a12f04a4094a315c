// An MLP in double precision from the weights that the test itself made, or what quantisation left of them: what its matrices should read
// and write when a token keeps some of its units and rounds.

#pragma once

#include "choice-recorder.h"
#include "graph-observer.h"
#include "tiny-model.h"

#include "sol.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

// Rounded to `bits` by the greatest magnitude; values on a boundary may fall either way.
void check_rounded(const char * what, const std::vector<float> & exact, const float * rounded, int32_t bits);

class mlp_oracle {
public:
    // Of one decode in one ubatch, whose tokens are all outputs.
    mlp_oracle(const tiny_model & m, const sol_context_params & params, const graph_observer & seen, const choice_recorder & choices) :
            m(m), params(params), seen(seen), choices(choices) {}

    // Checks all MLPs of layer `il` for token `i` of the batch and adds what they use to `usage`.
    void check(int64_t il, int64_t i, const sol_knobs & knobs, sol_usage & usage) const;

    // The units that one token chooses from in a layer: dense, shared, routed; and whether those that are dropped are skipped.
    static sol_layer_info units(const tiny_model & m, const sol_context_params & params);

private:
    struct site {
        sol_choice_kind kind;
        const char *    suffix; // of the weights' names
        int64_t         n_ff;
        int64_t         n_experts_used; // 0: no mixture
    };

    static std::vector<site> sites_of(const tiny_model & m);

    std::string weight_name(int64_t il, const char * part, const site & s) const;
    const tiny_model::tensor * find_weight(const std::string & name) const;
    const seen_product & product(const std::string & weight) const;
    bool drops_any(const site & s, int64_t il, int64_t n_tokens) const; // units of any token
    bool skips(const site & s, const seen_product & down) const;

    std::vector<float> check_input(const char * what, const site & s, int64_t il, int64_t i, const float * x, const sol_knobs & knobs) const;
    std::vector<float> check_hidden(const char * what, const site & s, int64_t il, int64_t i, int64_t rank, int64_t expert,
            const std::vector<float> & x, const sol_knobs & knobs) const;

    const std::vector<double> & norms(const tiny_model::tensor * up, int64_t up_first, const tiny_model::tensor & down, int64_t expert, int64_t n_ff) const;

    mutable std::map<std::pair<const tiny_model::tensor *, int64_t>, std::vector<double>> norms_of; // by down projection and expert

    const tiny_model &         m;
    const sol_context_params & params;
    const graph_observer &     seen;
    const choice_recorder &    choices;
};
