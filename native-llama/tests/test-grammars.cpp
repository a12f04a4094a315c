// Grammars in sampling, against what the sampler would do among the tokens that the grammar allows.

#include "chat-support.h"

#include <cmath>
#include <functional>
#include <set>

namespace {

using grammar_ptr = std::unique_ptr<sol_grammar, decltype(&sol_grammar_free)>;

grammar_ptr new_grammar(sol_model & model, const json & constraint) {
    sol_grammar * grammar = nullptr;
    CHECK_OK(sol_grammar_create(&model, constraint.dump().c_str(), &grammar));
    return { grammar, sol_grammar_free };
}

void test_bad_grammars(sol_model & model) {
    const auto refuse = [&](const json & constraint, const std::string & part) {
        sol_grammar * grammar = nullptr;
        refused(sol_grammar_create(&model, constraint.dump().c_str(), &grammar), SOL_INVALID_ARGUMENT, part, constraint.dump().substr(0, 100));
    };
    const std::string any = "root ::= [^x]*";

    refuse(json::object(), "grammar: ");
    refuse({ { "grammar", "" } }, "it is empty");
    refuse({ { "grammar", 7 } }, "grammar: ");
    refuse({ { "grammar", "root ::= \"a" } }, "unexpected end of input");
    refuse({ { "grammar", "root := \"a\"" } }, "expecting ::=");
    refuse({ { "grammar", "start ::= \"a\"" } }, "root");
    refuse({ { "grammar", "root ::= other" } }, "other");
    refuse({ { "grammar", "root ::= root \"a\" | \"b\"" } }, "left recursion");
    refuse({ { "grammar", "root ::= b root \"y\" | \"z\"\nb ::= c\nc ::= \"\" | \"x\"" } }, "too ambiguous"); // hidden left recursion
    refuse({ { "grammar", "root ::= \"a\"{100000}" } }, "sane defaults");
    refuse({ { "grammar", "root ::= \"" + repeat("a", 1 << 20) + "\"{2000}" } }, "sane defaults");
    refuse({ { "grammar", std::string("root ::= \"a\"\0", 13) } }, "zero byte");
    refuse({ { "grammar", "root ::= " + repeat("(", 5 << 20) } }, "more than");
    refuse({ { "grammar", "root ::= " + repeat("(", 20000) + "\"a\"" } }, "grammar: "); // nothing closes
    refuse({ { "grammar", any }, { "lazy", true } }, "nothing triggers");
    refuse({ { "grammar", any }, { "lazy", true }, { "triggers", json::array({ json { { "type", "pattern" }, { "value", "(" } } }) } }, "grammar: ");
    refuse({ { "grammar", any }, { "lazy", true }, { "triggers", json::array({ json { { "type", "smell" }, { "value", "a" } } }) } }, "smell");
    refuse({ { "grammar", any }, { "lazy", true }, { "triggers", json::array({ json(7) }) } }, "grammar: ");

    sol_grammar * grammar = nullptr;
    refused(sol_grammar_create(&model, nullptr, &grammar), SOL_INVALID_ARGUMENT, "NULL", "NULL");
    sol_grammar_free(nullptr);

    // nested, and closed
    new_grammar(model, { { "grammar", "root ::= " + repeat("(", 5000) + "\"a\"" + repeat(")", 5000) } });
}

std::string bytes_of(sol_model & model, llama_token token) {
    char    bytes[64];
    int32_t n = 0;
    CHECK_OK(sol_token_bytes(&model, token, true, bytes, sizeof(bytes), &n));
    return std::string(bytes, n);
}

void decode_one(sol_context & context, llama_token token, llama_pos pos) {
    token_batch batch;
    batch.add(token, pos, 0, true, DENSE);
    const sol_batch view = batch.view(false);
    CHECK_OK(sol_decode(&context, &view));
}

struct chain {
    llama_sampler * sampler = llama_sampler_chain_init(llama_sampler_chain_default_params());

    explicit chain(int seed) { // a hot one, so that many tokens come up
        llama_sampler_chain_add(sampler, llama_sampler_init_temp(5.0f));
        llama_sampler_chain_add(sampler, llama_sampler_init_dist(seed));
    }
    ~chain() { llama_sampler_free(sampler); }
};

// Text until its end or `n` tokens.
std::string generate(sol_model & model, sol_context & context, sol_grammar & grammar, int seed, int n, bool * ended = nullptr) {
    const llama_vocab * vocab = llama_model_get_vocab(sol_model_llama(&model));
    const chain         sampler(seed);
    std::string         res;

    sol_kv_clear(&context);
    llama_token token = 65;
    for (int i = 0; i < n; ++i) {
        decode_one(context, token, i);
        CHECK_OK(sol_sample(&context, sampler.sampler, &grammar, 0, &token));
        if (llama_vocab_is_eog(vocab, token)) {
            if (ended) {
                *ended = true;
            }
            return res;
        }
        res += bytes_of(model, token);
    }
    return res;
}

void test_generation(sol_model & model, sol_context & context) {
    const auto schema = R"({"type": "object", "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 99},
            "b": {"enum": ["x", "\u00e4\ud83d\ude42"]}}, "required": ["a", "b"], "additionalProperties": false})";
    const auto grammar = new_grammar(model, { { "grammar", grammar_of(schema) } });

    std::set<std::string> texts;
    int n_ended = 0;
    for (int seed = 0; seed < 20; ++seed) {
        bool ended = false;
        const auto text = generate(model, context, *grammar, seed, 200, &ended);
        if (ended) { // blanks between things can go on
            const auto value = json::parse(text);
            CHECK(value.size() == 2 && value.at("a").get<int>() >= 0 && value.at("a").get<int>() <= 99, "%s", text.c_str());
            const auto b = value.at("b").get<std::string>();
            CHECK(b == "x" || b == "\xC3\xA4\xF0\x9F\x99\x82", "%s", text.c_str());
            ++n_ended;
        }
        texts.insert(text);
        CHECK_OK(sol_grammar_reset(grammar.get()));
    }
    CHECK(n_ended >= 15, "%d of 20 ended", n_ended);
    CHECK(texts.size() > 5, "%zu different texts", texts.size());

    // characters that a byte-level tokenizer puts together of several tokens
    const auto emoji = new_grammar(model, { { "grammar", "root ::= \"\xF0\x9F\x99\x82\xC3\xA4\"" } });
    CHECK(generate(model, context, *emoji, 1, 50) == "\xF0\x9F\x99\x82\xC3\xA4", "an emoji");

    // what the end of the prompt had of it is not written again
    const auto begun = new_grammar(model, { { "grammar", "root ::= \"abcdef\"" }, { "prefill", "abc" } });
    CHECK(generate(model, context, *begun, 1, 50) == "def", "a prefill");
}

// The distribution is that of the sampler among the tokens that fit, as upstream's common_sampler_sample has it: a first draw from all
// tokens is kept if it fits, and otherwise replaced by one from those that fit.
void test_distribution(sol_model & model, sol_context & context) {
    const auto grammar = new_grammar(model, { { "grammar", "root ::= [a-p]+" } });

    sol_kv_clear(&context);
    decode_one(context, 70, 0);
    const auto logits = logits_of(context, 0);

    std::vector<double> p(logits.size());
    double all = 0, fitting = 0;
    for (size_t t = 0; t < p.size(); ++t) {
        p[t] = std::exp(logits[t]/5.0);
        all += p[t];
        const auto bytes = bytes_of(model, (llama_token) t);
        bool fits = !bytes.empty();
        for (const char c : bytes) {
            fits = fits && c >= 'a' && c <= 'p';
        }
        fitting += fits ? p[t] : 0;
        p[t] = fits ? p[t] : -p[t]; // negative: does not fit
    }

    constexpr int N = 4000;
    const chain   sampler(3);
    std::vector<int> counts(p.size());
    for (int i = 0; i < N; ++i) {
        llama_token token;
        CHECK_OK(sol_sample(&context, sampler.sampler, grammar.get(), 0, &token));
        CHECK(p[token] > 0, "token %d does not fit", token);
        counts[token]++;
        CHECK_OK(sol_grammar_reset(grammar.get())); // always the first token
    }
    for (size_t t = 0; t < p.size(); ++t) {
        if (p[t] > 0) {
            const double wanted = p[t]/all + (1 - fitting/all)*p[t]/fitting;
            const double sigma  = std::sqrt(N*wanted*(1 - wanted));
            CHECK(std::abs(counts[t] - N*wanted) < 6*sigma + 1, "token %zu: %d times, wanted %.1f", t, counts[t], N*wanted);
        }
    }
}

void test_lazy(sol_model & model, sol_context & context) {
    // free until a "q", then digits
    const auto grammar = new_grammar(model, { { "grammar", "root ::= \"q\" [0-9] [0-9] [0-9]" }, { "lazy", true },
            { "triggers", json::array({ json { { "type", "pattern" }, { "value", "[^q]*(q)[^]*" } } }) } });

    int n_triggered = 0;
    for (int seed = 0; seed < 30; ++seed) {
        bool       ended = false;
        const auto text  = generate(model, context, *grammar, seed, 250, &ended);
        const auto at    = text.find('q');
        if (at != std::string::npos && ended) {
            const auto tail = text.substr(at + 1);
            CHECK(tail.size() == 3 && tail.find_first_not_of("0123456789") == std::string::npos, "'%s'", text.c_str());
            ++n_triggered;
        }
        CHECK_OK(sol_grammar_reset(grammar.get()));
    }
    CHECK(n_triggered >= 3, "%d of 30 were triggered", n_triggered);
}

void test_nothing_left(sol_model & model, sol_context & context) {
    const llama_vocab * vocab = llama_model_get_vocab(sol_model_llama(&model));
    const int32_t       n     = llama_vocab_n_tokens(vocab);

    sol_kv_clear(&context);
    decode_one(context, 70, 0);

    std::vector<llama_logit_bias> bias;
    for (llama_token t = 0; t < n; ++t) {
        bias.push_back({ t, -INFINITY });
    }
    const auto with_bias = [&](int32_t n_bias) {
        llama_sampler * res = llama_sampler_chain_init(llama_sampler_chain_default_params());
        llama_sampler_chain_add(res, llama_sampler_init_logit_bias(n, n_bias, bias.data()));
        llama_sampler_chain_add(res, llama_sampler_init_top_k(40));
        llama_sampler_chain_add(res, llama_sampler_init_top_p(0.95f, 0));
        llama_sampler_chain_add(res, llama_sampler_init_min_p(0.05f, 0));
        llama_sampler_chain_add(res, llama_sampler_init_temp(0.8f));
        llama_sampler_chain_add(res, llama_sampler_init_dist(1));
        return std::unique_ptr<llama_sampler, decltype(&llama_sampler_free)>(res, llama_sampler_free);
    };

    llama_token token = -1;
    refused(sol_sample(&context, with_bias(n).get(), nullptr, 0, &token), SOL_INVALID_ARGUMENT, "logit_bias", "all tokens");
    CHECK_OK(sol_sample(&context, with_bias(n - 1).get(), nullptr, 0, &token));
    CHECK(token == n - 1, "token %d rather than the one that is left", token);

    // so many ways that trying them would not end
    const auto many = new_grammar(model, { { "grammar", "root ::= ([a-z ]?){1000} [0-9]" } });
    const auto free = with_bias(0);
    for (int i = 0; i < 3; ++i) {
        const auto status = sol_sample(&context, free.get(), many.get(), 0, &token);
        if (status != SOL_OK) {
            refused(status, SOL_INVALID_ARGUMENT, "grammar: the grammar is too ambiguous", "many ways");
            break;
        }
    }

    // the grammar wants what the bias forbids
    const auto grammar = new_grammar(model, { { "grammar", "root ::= \"zz\"" } });
    refused(sol_sample(&context, with_bias(n - 1).get(), grammar.get(), 0, &token), SOL_INVALID_ARGUMENT, "grammar", "grammar and bias");
}

// What the model's file forbids stays forbidden, with a grammar too.
void test_suppressed(const std::string & path) {
    auto          tiny = make_tiny_model("qwen3", 1);
    const int32_t only = 'b'; // the tokens begin with the bytes
    for (int32_t t = 0; t < (int32_t) tiny.n_vocab; ++t) {
        if (t != only) {
            tiny.suppressed.push_back(t);
        }
    }
    write_tiny_model(tiny, path);
    const auto model   = load_model(path);
    const auto context = new_context(*model, small_context());
    CHECK(bytes_of(*model, only) == "b", "token %d is '%s'", only, bytes_of(*model, only).c_str());

    const chain sampler(1);
    llama_token token = -1;
    decode_one(*context, 70, 0);
    CHECK_OK(sol_sample(context.get(), sampler.sampler, nullptr, 0, &token));
    CHECK(token == only, "token %d was picked", token);

    const auto ab = new_grammar(*model, { { "grammar", "root ::= [ab]+" } });
    CHECK_OK(sol_sample(context.get(), sampler.sampler, ab.get(), 0, &token));
    CHECK(token == only, "token %d was picked", token);
    const auto a = new_grammar(*model, { { "grammar", "root ::= \"a\"" } });
    refused(sol_sample(context.get(), sampler.sampler, a.get(), 0, &token), SOL_INVALID_ARGUMENT, "grammar", "nothing but suppressed tokens");
}

} // namespace

int main() {
    return run_test([] {
        const temp_dir dir;
        write_tiny_model(make_tiny_model("qwen3", 1), dir/"model.gguf");
        const auto model   = load_model(dir/"model.gguf");
        const auto context = new_context(*model, small_context());

        test_bad_grammars(*model);
        test_generation(*model, *context);
        test_distribution(*model, *context);
        test_lazy(*model, *context);
        test_nothing_left(*model, *context);
        test_suppressed(dir/"suppressed.gguf");
    });
}
