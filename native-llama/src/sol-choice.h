// The sets that the knobs choose, made visible: two implementations of a knob, or two ways of batching, are compared with the
// sets of one replayed in the other, since scores that all but tie may fall either way.

#pragma once

#include <cstdint>

enum class sol_choice_kind {
    PAGES,        // of the token's visible pages, in ascending order
    DENSE_UNITS,  // of a dense MLP; channels of its input, by that criterion
    SHARED_UNITS, // of a shared expert
    ROUTED_UNITS, // of one chosen expert; channels of the experts' common input
};

struct sol_choice {
    sol_choice_kind kind;
    int32_t         il;    // layer
    int32_t         index; // of the token in the caller's batch
    int32_t         part;  // KV head, query head or 0 (sol_attn_choice); rank of the expert; else 0
};

class sol_choice_observer {
public:
    virtual ~sol_choice_observer() = default;

    // A layer with several MLPs of a kind makes its choices in their order. keep[n]: 1 = kept. It may be changed to another set of the same size. Called for every choice that drops something, from
    // any thread of the computation.
    virtual void on_choice(const sol_choice & choice, uint8_t * keep, int64_t n) = 0;
};
