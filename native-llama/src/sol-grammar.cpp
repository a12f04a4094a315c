// Grammars for sampling, from what a chat template, a schema or the user asked for.

#include "sol-grammar.h"

#include "sol-error.h"
#include "sol-model.h"
#include "sol-text.h"

#include "common.h"
#include "reasoning-budget.h"

#include "llama-vocab.h"

#include <cctype>
#include <cstring>
#include <memory>

static constexpr size_t MAX_GRAMMAR = 4 << 20;
static constexpr int    MAX_TOKEN   = 1024; // bytes: upstream recurses over its characters, on the thread that samples

// As upstream's common_sampler_init: the end of the prompt, in tokens, without a blank that a tokenizer puts before the first.
static std::vector<llama_token> prefill_tokens(const llama_vocab * vocab, const std::string & text) {
    auto res = common_tokenize(vocab, text, false, true);
    if (!res.empty()) {
        const std::string first = common_token_to_piece(vocab, res[0], true);
        if (!first.empty() && std::isspace((unsigned char) first[0]) && !std::isspace((unsigned char) text[0])) {
            res.erase(res.begin());
        }
    }
    return res;
}

static void add_trigger(sol_grammar & grammar, const common_json & trigger) {
    const auto type  = trigger.at("type").get<std::string>();
    const auto value = trigger.at("value").get<std::string>();

    if (type == "word") {
        const auto tokens = common_tokenize(grammar.vocab, value, false, true);
        if (tokens.size() == 1) {
            grammar.tokens.push_back(tokens[0]);
        } else {
            grammar.patterns.push_back(regex_escape(value));
        }
    } else if (type == "pattern") {
        grammar.patterns.push_back(value);
    } else if (type == "pattern_full") {
        const bool begins = !value.empty() && value.front() == '^';
        const bool ends   = !value.empty() && value.back()  == '$';
        grammar.patterns.push_back((begins ? "" : "^") + value + (ends ? "" : "$"));
    } else {
        throw sol_error(SOL_INVALID_ARGUMENT, "grammar: unknown type of trigger: " + type);
    }
}

static std::unique_ptr<sol_grammar> read_grammar(const llama_vocab * vocab, const common_json & constraint) {
    auto res = std::make_unique<sol_grammar>();

    try {
        res->vocab = vocab;
        res->gbnf  = constraint.at("grammar").get<std::string>();
        res->lazy  = constraint.value("lazy", false);

        if (constraint.contains("triggers")) {
            for (const auto & trigger : constraint.at("triggers")) {
                add_trigger(*res, trigger);
            }
        }
        res->prefill        = prefill_tokens(vocab, constraint.value("prefill", ""));
        res->thinking_start = common_tokenize(vocab, constraint.value("thinking_start", ""), false, true);
        if (constraint.contains("thinking_end")) {
            for (const auto & end : constraint.at("thinking_end")) {
                res->thinking_end.push_back(common_tokenize(vocab, end.get<std::string>(), false, true));
            }
        }
    } catch (const common_json_error & e) {
        throw sol_error(SOL_INVALID_ARGUMENT, std::string("grammar: ") + e.what());
    }

    sol_require(!res->gbnf.empty(), "grammar: it is empty");
    sol_require(res->gbnf.size() <= MAX_GRAMMAR, "grammar: more than " + std::to_string(MAX_GRAMMAR) + " bytes");
    sol_require(res->gbnf.find('\0') == std::string::npos, "grammar: it has a zero byte");
    sol_require(!res->lazy || !res->patterns.empty() || !res->tokens.empty(), "grammar: nothing triggers it");

    return res;
}

void sol_grammar::restart() {
    std::vector<const char *> c_patterns;
    for (const auto & pattern : patterns) {
        c_patterns.push_back(pattern.c_str());
    }

    try {
        grammar.reset(lazy
                ? llama_sampler_init_grammar_lazy_patterns(vocab, gbnf.c_str(), "root",
                        c_patterns.data(), c_patterns.size(), tokens.data(), tokens.size())
                : llama_sampler_init_grammar(vocab, gbnf.c_str(), "root"));
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & e) {
        throw sol_error(SOL_INVALID_ARGUMENT, std::string("grammar: ") + e.what());
    }
    if (!grammar) {
        throw sol_error(SOL_INVALID_ARGUMENT, "grammar: " + sol_logged_errors());
    }

    if (!lazy) {
        for (const auto token : prefill) {
            llama_sampler_accept(grammar.get(), token);
        }
    } else if (!thinking_start.empty() && !thinking_end.empty()) {
        // without a budget: it only watches
        thinking.reset(common_reasoning_budget_init(vocab, { thinking_start }, thinking_end, {}, INT32_MAX));
        for (const auto token : prefill) {
            llama_sampler_accept(thinking.get(), token);
        }
    }
}

bool sol_grammar::applies() const {
    if (!thinking) {
        return true;
    }
    const auto state = common_reasoning_budget_get_state(thinking.get());
    return state == REASONING_BUDGET_IDLE || state == REASONING_BUDGET_DONE;
}

// As upstream's common_sampler_accept.
void sol_grammar::accept(llama_token token) {
    const bool applied = applies(); // before the token

    if (thinking) {
        llama_sampler_accept(thinking.get(), token);

        // the end of the thoughts may be what starts the grammar
        const bool done = common_reasoning_budget_get_state(thinking.get()) == REASONING_BUDGET_DONE;
        const llama_tokens * end = !applied && done ? common_reasoning_budget_get_end_match(thinking.get()) : nullptr;
        if (end) {
            for (const auto end_token : *end) {
                llama_sampler_accept(grammar.get(), end_token);
            }
        }
    }
    if (applied) {
        llama_sampler_accept(grammar.get(), token);
    }
}

sol_status sol_grammar_create(sol_model * model, const char * constraint, sol_grammar ** grammar) {
    return sol_guarded([&] {
        sol_require(model && constraint && grammar, "sol_grammar_create: model, constraint and grammar must not be NULL");

        *grammar = nullptr;
        const llama_vocab * vocab = llama_model_get_vocab(model->llama.get());
        sol_require(llama_vocab_type(vocab) != LLAMA_VOCAB_TYPE_NONE, "the model has no tokenizer");

        if (vocab->max_token_len() > MAX_TOKEN) {
            throw sol_error(SOL_INVALID_MODEL, "the model has a token of more than " + std::to_string(MAX_TOKEN)
                    + " bytes, and cannot be used with a grammar");
        }

        sol_on_large_stack([&] {
            auto res = read_grammar(vocab, sol_parse_json("grammar", constraint));
            res->restart();
            *grammar = res.release();
        });
    });
}

sol_status sol_grammar_reset(sol_grammar * grammar) {
    return sol_guarded([&] {
        sol_require(grammar != nullptr, "sol_grammar_reset: grammar must not be NULL");
        sol_on_large_stack([&] { grammar->restart(); });
    });
}

void sol_grammar_free(sol_grammar * grammar) {
    sol_guarded([&] { delete grammar; });
}
