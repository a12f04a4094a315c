// A grammar's state in one completion.

#pragma once

#include "sol.h"

#include "llama-cpp.h"

#include <string>
#include <vector>

struct sol_grammar {
    const llama_vocab *      vocab;
    std::string              gbnf;
    bool                     lazy = false;
    std::vector<std::string> patterns; // that start a lazy grammar
    std::vector<llama_token> tokens;   // the same
    std::vector<llama_token> prefill;  // of the prompt's end, where the answer has begun
    std::vector<llama_token> thinking_start;
    std::vector<std::vector<llama_token>> thinking_end;

    llama_sampler_ptr grammar;
    llama_sampler_ptr thinking; // tells whether the text is in a block of thoughts, in which nothing starts a lazy grammar; or null

    void restart();

    // Whether it has a say now.
    bool applies() const;

    void accept(llama_token token);
};
