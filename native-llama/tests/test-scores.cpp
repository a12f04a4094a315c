// Scores of distributions against a softmax in double precision.

#include "test-support.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace {

constexpr float NAN_F = std::numeric_limits<float>::quiet_NaN();

using logprobs_ptr = std::unique_ptr<sol_logprobs, decltype(&sol_logprobs_free)>;

logprobs_ptr new_logprobs(sol_model & model, int32_t n_rows) {
    sol_logprobs * res = nullptr;
    CHECK_OK(sol_logprobs_create(&model, n_rows, &res));
    return { res, sol_logprobs_free };
}

// log softmax
std::vector<double> oracle(const std::vector<float> & logits) {
    const double max = *std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float x : logits) {
        sum += std::exp((double) x - max);
    }
    std::vector<double> res;
    for (const float x : logits) {
        res.push_back((double) x - max - std::log(sum));
    }
    return res;
}

double entropy_of(const std::vector<double> & logp) {
    double res = 0.0;
    for (const double x : logp) {
        res -= std::exp(x)*x;
    }
    return res;
}

double margin_of(std::vector<double> logp) {
    std::partial_sort(logp.begin(), logp.begin() + 2, logp.end(), std::greater<double>());
    return logp[0] - logp[1];
}

double kl_of(const std::vector<double> & reference, const std::vector<double> & logp) {
    double res = 0.0;
    for (size_t i = 0; i < logp.size(); ++i) {
        res += std::exp(reference[i])*(reference[i] - logp[i]);
    }
    return res;
}

// Logits are F32 and of magnitude 10; a log probability in F32 has 1e-6 of that.
void check_near(const char * what, float actual, double expected, double tolerance = 2e-5) {
    CHECK(std::fabs(actual - expected) <= tolerance*(1.0 + std::fabs(expected)), "%s is %.8g, expected %.8g", what, actual, expected);
}

void check_refused(sol_status actual, sol_status expected, const char * words) {
    CHECK(actual == expected, "status %d instead of %d (%s)", actual, expected, sol_last_error());
    CHECK(strstr(sol_last_error(), words), "the message '%s' does not say '%s'", sol_last_error(), words);
}

// `n` tokens of which all but the second are outputs.
void decode(sol_context & context, int32_t n, sol_knobs knobs) {
    token_batch batch;
    for (int32_t i = 0; i < n; ++i) {
        batch.add(7*i + 3, i, 0, i != 1, knobs);
    }
    CHECK_OK(sol_seq_rm(&context, 0, -1, -1));
    const sol_batch view = batch.view();
    CHECK_OK(sol_decode(&context, &view));
}

void test_values(sol_model & model, float scale) {
    const context_ptr context = new_context(model, small_context());

    // references: the dense run, kept in rows that are out of order and not all used
    const std::vector<int32_t> index = { 0, 2, 5, 3, 9 };
    const std::vector<int32_t> rows  = { 4, 0, 7, 2, 1 };
    const logprobs_ptr         kept  = new_logprobs(model, 8);
    decode(*context, 10, DENSE);
    CHECK_OK(sol_logprobs_keep(kept.get(), context.get(), (int32_t) index.size(), index.data(), rows.data()));

    std::vector<std::vector<double>> reference;
    for (const int32_t i : index) {
        reference.push_back(oracle(logits_of(*context, i)));
    }

    // against themselves
    std::vector<sol_token_score> scores(index.size());
    std::vector<llama_token>     label = { 0, (llama_token) context->n_vocab - 1, -1, 17, 42 };
    CHECK_OK(sol_score(context.get(), 5, index.data(), label.data(), kept.get(), rows.data(), scores.data()));
    for (const sol_token_score & s : scores) {
        check_near("KL of a distribution from itself", s.kl, 0.0);
    }

    decode(*context, 10, { 0.3f, 0.3f, 5 });
    CHECK_OK(sol_score(context.get(), 5, index.data(), label.data(), kept.get(), rows.data(), scores.data()));
    for (size_t i = 0; i < index.size(); ++i) {
        const std::vector<double> logp = oracle(logits_of(*context, index[i]));
        check_near("entropy", scores[i].entropy, entropy_of(logp));
        check_near("margin",  scores[i].margin,  margin_of(logp));
        check_near("KL",      scores[i].kl,      kl_of(reference[i], logp), 1e-4);
        CHECK(scores[i].entropy >= 0.0f && scores[i].margin >= 0.0f && scores[i].kl >= 0.0f, "negative: %g %g %g",
                scores[i].entropy, scores[i].margin, scores[i].kl);
        if (label[i] >= 0) {
            check_near("logprob", scores[i].logprob, logp[label[i]]);
        } else {
            CHECK(std::isnan(scores[i].logprob), "a log probability of no label: %g", scores[i].logprob);
        }
    }
    CHECK(scale < 1.0f || kl_of(reference[1], oracle(logits_of(*context, 2))) > 1e-3, "the knobs changed nothing");

    // the same row for several; overwritten rows; an output twice; no reference
    const std::vector<int32_t> same_row = { 0, 0, 0, 0, 0 };
    CHECK_OK(sol_score(context.get(), 5, index.data(), label.data(), kept.get(), same_row.data(), scores.data()));
    check_near("KL", scores[4].kl, kl_of(reference[1], oracle(logits_of(*context, 9))), 1e-4);

    const int32_t twice[] = { 5, 5 };
    const int32_t row_0   = 0;
    CHECK_OK(sol_logprobs_keep(kept.get(), context.get(), 1, twice, &row_0));
    CHECK_OK(sol_score(context.get(), 2, twice, label.data(), kept.get(), same_row.data(), scores.data()));
    check_near("KL", scores[0].kl, 0.0);
    check_near("KL", scores[1].kl, 0.0);
    CHECK(scores[0].entropy == scores[1].entropy, "one output has two entropies");

    CHECK_OK(sol_score(context.get(), 2, twice, label.data(), nullptr, nullptr, scores.data()));
    CHECK(std::isnan(scores[0].kl), "a KL without a reference: %g", scores[0].kl);
    CHECK_OK(sol_score(context.get(), 0, twice, label.data(), nullptr, nullptr, scores.data()));
}

void test_arguments(sol_model & model, sol_model & larger) {
    const context_ptr  context = new_context(model, small_context());
    const logprobs_ptr kept    = new_logprobs(model, 3);

    int32_t         index = 0;
    int32_t         row   = 0;
    llama_token     label = 5;
    sol_token_score score;

    const auto refused_score = [&](const char * words) {
        check_refused(sol_score(context.get(), 1, &index, &label, kept.get(), &row, &score), SOL_INVALID_ARGUMENT, words);
    };
    const auto refused_keep = [&](const char * words) {
        check_refused(sol_logprobs_keep(kept.get(), context.get(), 1, &index, &row), SOL_INVALID_ARGUMENT, words);
    };

    refused_score("not an output"); // nothing was decoded
    refused_keep("not an output");

    decode(*context, 4, DENSE);
    CHECK_OK(sol_logprobs_keep(kept.get(), context.get(), 1, &index, &row));
    CHECK_OK(sol_score(context.get(), 1, &index, &label, kept.get(), &row, &score));

    for (const int32_t bad : { -1, 1, 4, INT32_MAX, INT32_MIN }) {
        index = bad;
        refused_score("not an output");
        refused_keep("not an output");
    }
    index = 0;
    for (const int32_t bad : { -1, 3, INT32_MAX, INT32_MIN }) {
        row = bad;
        refused_score("row");
        refused_keep("row");
    }
    row = 0;
    for (const llama_token bad : { -2, context->n_vocab, INT32_MAX, INT32_MIN }) {
        label = bad;
        refused_score("label");
    }
    label = 5;

    const auto null = [&](sol_status status) { check_refused(status, SOL_INVALID_ARGUMENT, "NULL"); };
    null(sol_score(nullptr, 1, &index, &label, kept.get(), &row, &score));
    null(sol_score(context.get(), 1, nullptr, &label, kept.get(), &row, &score));
    null(sol_score(context.get(), 1, &index, nullptr, kept.get(), &row, &score));
    check_refused(sol_score(context.get(), 1, &index, &label, kept.get(), nullptr, &score), SOL_INVALID_ARGUMENT, "needs reference_row");
    null(sol_score(context.get(), 1, &index, &label, kept.get(), &row, nullptr));
    null(sol_logprobs_keep(nullptr, context.get(), 1, &index, &row));
    null(sol_logprobs_keep(kept.get(), nullptr, 1, &index, &row));
    null(sol_logprobs_keep(kept.get(), context.get(), 1, nullptr, &row));
    null(sol_logprobs_keep(kept.get(), context.get(), 1, &index, nullptr));
    check_refused(sol_score(context.get(), -1, &index, &label, nullptr, nullptr, &score), SOL_INVALID_ARGUMENT, "");

    sol_logprobs * made = nullptr;
    null(sol_logprobs_create(nullptr, 1, &made));
    null(sol_logprobs_create(&model, 1, nullptr));
    check_refused(sol_logprobs_create(&model, 0, &made), SOL_INVALID_ARGUMENT, "rows");
    check_refused(sol_logprobs_create(&model, -1, &made), SOL_INVALID_ARGUMENT, "rows");
    CHECK(made == nullptr, "a failed call made something");
    sol_logprobs_free(nullptr);

    // another vocabulary
    const logprobs_ptr foreign = new_logprobs(larger, 3);
    check_refused(sol_score(context.get(), 1, &index, &label, foreign.get(), &row, &score), SOL_INVALID_ARGUMENT, "over 264 tokens, the model has 261");
    check_refused(sol_logprobs_keep(foreign.get(), context.get(), 1, &index, &row), SOL_INVALID_ARGUMENT, "over 264 tokens, the model has 261");
}

// NaN and infinity among the logits: refused, and what was kept stays.
void test_not_finite(const temp_dir & dir, float bad) {
    tiny_model m = make_tiny_model("qwen2moe", 2); // its output matrix is its own
    for (int64_t i = 0; i < m.n_embd; ++i) {
        m.tensors.at("output.weight").data[9*m.n_embd + i] = bad;
    }
    write_tiny_model(m, dir/"bad.gguf");
    const model_ptr    model   = load_model(dir/"bad.gguf");
    const context_ptr  context = new_context(*model, small_context());
    const logprobs_ptr kept    = new_logprobs(*model, 1);
    decode(*context, 3, DENSE);

    const int32_t     index = 2;
    const int32_t     row   = 0;
    const llama_token label = 1;
    sol_token_score   score;
    check_refused(sol_score(context.get(), 1, &index, &label, nullptr, nullptr, &score), SOL_INVALID_MODEL, "not finite");
    check_refused(sol_logprobs_keep(kept.get(), context.get(), 1, &index, &row), SOL_INVALID_MODEL, "not finite");
}

} // namespace

int main() {
    return run_test([] {
        const temp_dir dir;

        // flat, plain and sharp distributions: 1e-3, 8 and 3,000 nats between logits
        for (const float scale : { 1e-3f, 1.0f, 300.0f }) {
            tiny_model m = make_tiny_model("qwen2moe", 1);
            for (float & w : m.tensors.at("output.weight").data) {
                w *= scale;
            }
            const auto path = dir/(std::to_string(scale) + ".gguf");
            write_tiny_model(m, path);
            test_values(*load_model(path), scale);
        }

        tiny_model m = make_tiny_model("llama", 1);
        write_tiny_model(m, dir/"llama.gguf");
        auto & embedding = m.tensors.at("token_embd.weight");
        m.n_vocab += 3;
        embedding.ne[1] = m.n_vocab;
        embedding.data.resize(m.n_vocab*m.n_embd, 0.1f);
        write_tiny_model(m, dir/"larger.gguf");
        test_arguments(*load_model(dir/"llama.gguf"), *load_model(dir/"larger.gguf"));

        for (const float bad : { NAN_F, std::numeric_limits<float>::infinity() }) {
            test_not_finite(dir, bad);
        }
        printf("scores equal those of a softmax in double precision\n");
    });
}
