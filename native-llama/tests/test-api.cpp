// Arguments that would abort or throw inside llama.cpp come back as a status with a message that names them.

#include "test-support.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>

namespace {

void check_refused(sol_status actual, sol_status expected, const char * words) {
    CHECK(actual == expected, "status %d instead of %d (%s)", actual, expected, sol_last_error());
    CHECK(strstr(sol_last_error(), words), "the message '%s' does not say '%s'", sol_last_error(), words);
}

void write_file(const std::string & path, const std::string & content) {
    std::ofstream(path, std::ios::binary) << content;
}

void check_load(const std::string & path, sol_status expected, const char * words) {
    const sol_model_params params = sol_model_default_params();

    sol_model * model = (sol_model *) 1;
    check_refused(sol_model_load(path.c_str(), &params, &model), expected, words);
    CHECK(model == nullptr, "a failed load set the handle");
}

void test_files(const temp_dir & dir) {
    check_load(dir/"missing.gguf", SOL_NOT_FOUND, "there is no file");
    check_load(dir.path.string(), SOL_INVALID_MODEL, "not a regular file");

    write_file(dir/"empty.gguf", "");
    check_load(dir/"empty.gguf", SOL_INVALID_MODEL, "empty");

    write_file(dir/"text.gguf", "Once upon a time there was no model in this file.");
    check_load(dir/"text.gguf", SOL_INVALID_MODEL, "not a GGUF file");

    write_file(dir/"version.gguf", std::string("GGUF\x63\0\0\0", 8) + std::string(64, '\0'));
    check_load(dir/"version.gguf", SOL_INVALID_MODEL, "GGUF version 99");

    write_file(dir/"header.gguf", std::string("GGUF\3\0\0\0", 8));
    check_load(dir/"header.gguf", SOL_INVALID_MODEL, "damaged header");

    write_tiny_model(make_tiny_model("llama", 1), dir/"whole.gguf");
    std::filesystem::copy_file(dir/"whole.gguf", dir/"truncated.gguf");
    std::filesystem::resize_file(dir/"truncated.gguf", std::filesystem::file_size(dir/"whole.gguf")/2);
    check_load(dir/"truncated.gguf", SOL_INVALID_MODEL, "truncated");

    const sol_model_params params = sol_model_default_params();
    sol_model * model = nullptr;
    check_refused(sol_model_load(nullptr, &params, &model), SOL_INVALID_ARGUMENT, "NULL");
}

void test_context_params(sol_model & model) {
    const auto refused = [&](const char * words, auto change) {
        sol_context_params params = small_context();
        change(params);
        sol_context * context = nullptr;
        const sol_status status = sol_context_create(&model, &params, &context);
        CHECK(status == SOL_INVALID_ARGUMENT || status == SOL_OUT_OF_MEMORY, "status %d for a bad %s", status, words);
        CHECK(strstr(sol_last_error(), words), "the message '%s' does not name %s", sol_last_error(), words);
    };

    refused("n_ctx",          [](auto & p) { p.n_ctx = 4000000000u; });
    refused("n_batch",        [](auto & p) { p.n_batch = 0; });
    refused("n_ubatch",       [](auto & p) { p.n_ubatch = p.n_batch + 1; });
    refused("n_seq_max",      [](auto & p) { p.n_seq_max = 0; });
    refused("n_seq_max",      [](auto & p) { p.n_seq_max = 257; });
    refused("n_threads",      [](auto & p) { p.n_threads = 0; });
    refused("n_threads",      [](auto & p) { p.n_threads = 100000; });
    refused("attn_sinks",     [](auto & p) { p.attn_sinks = -1; });
    refused("attn_window",    [](auto & p) { p.attn_window = -1; });
    refused("attn_criterion", [](auto & p) { p.attn_criterion = 7; });
    refused("mlp_criterion",  [](auto & p) { p.mlp_criterion = 7; });
    refused("mlp_group",      [](auto & p) { p.mlp_group = 5; });
}

void test_batches(sol_model & model) {
    const context_ptr context = new_context(model, small_context());
    const float       nan     = std::numeric_limits<float>::quiet_NaN();

    const auto refused = [&](const char * words, auto change) {
        token_batch batch;
        batch.add(1, 0, 0, false, DENSE);
        batch.add(2, 1, 0, true,  DENSE);
        change(batch);
        const sol_batch view = batch.view();
        check_refused(sol_decode(context.get(), &view), SOL_INVALID_ARGUMENT, words);
    };

    refused("batch of 0 tokens", [](auto & b) { b = {}; b.token.reserve(1); b.pos.reserve(1); b.seq_id.reserve(1); b.output.reserve(1); });
    refused("batch of 130",      [](auto & b) { for (int i = 2; i < 130; ++i) { b.add(1, i, 0, false, DENSE); } });
    refused("token of batch entry 1",     [](auto & b) { b.token[1] = -1; });
    refused("token of batch entry 0",     [](auto & b) { b.token[0] = 1 << 30; });
    refused("pos of batch entry 0",       [](auto & b) { b.pos[0] = -5; });
    refused("pos of batch entry 1",       [](auto & b) { b.pos[1] = 0; });
    refused("goes on at 1",               [](auto & b) { b.pos[1] = 2; });
    refused("seq_id of batch entry 1",    [](auto & b) { b.seq_id[1] = 1; });
    refused("seq_id of batch entry 1",    [](auto & b) { b.seq_id[1] = -1; });
    refused("attn_keep of batch entry 1", [](auto & b) { b.knobs[1].attn_keep = 0.0f; });
    refused("attn_keep of batch entry 0", [&](auto & b) { b.knobs[0].attn_keep = nan; });
    refused("mlp_keep of batch entry 1",  [](auto & b) { b.knobs[1].mlp_keep = 1.01f; });
    refused("mlp_keep of batch entry 1",  [](auto & b) { b.knobs[1].mlp_keep = -std::numeric_limits<float>::infinity(); });
    refused("act_bits of batch entry 0",  [](auto & b) { b.knobs[0].act_bits = 3; });
    refused("act_bits of batch entry 0",  [](auto & b) { b.knobs[0].act_bits = 17; });

    // nothing of the refused batches is in the cache
    llama_pos pos = 0;
    CHECK_OK(sol_seq_pos_max(context.get(), 0, &pos));
    CHECK(pos == -1, "a refused batch reached position %d", pos);

    // more than the cache holds
    token_batch fill;
    for (int32_t i = 0; i < 256; ++i) {
        fill.add(1, i, 0, i == 255, DENSE);
    }
    for (const int32_t begin : { 0, 128 }) {
        const token_batch part = fill.slice(begin, 128);
        const sol_batch   view = part.view();
        CHECK_OK(sol_decode(context.get(), &view));
    }
    token_batch more;
    more.add(1, 256, 0, true, DENSE);
    const sol_batch view = more.view();
    check_refused(sol_decode(context.get(), &view), SOL_KV_CACHE_FULL, "256 cells");
    CHECK_OK(sol_seq_pos_max(context.get(), 0, &pos));
    CHECK(pos == 255, "the cache lost tokens: the last position is %d", pos);
}

// Upstream lowers n_batch to n_ctx, and would abort on a batch between the two.
void test_batch_beyond_context(sol_model & model) {
    sol_context_params params = small_context();
    params.n_batch = 2048;

    const context_ptr context = new_context(model, params);

    token_batch batch;
    for (int32_t i = 0; i < 300; ++i) {
        batch.add(1, i, 0, i == 299, DENSE);
    }
    const sol_batch view = batch.view();
    check_refused(sol_decode(context.get(), &view), SOL_INVALID_ARGUMENT, "batch of 300 tokens, must be 1…256");
}

void test_results(sol_model & model) {
    const context_ptr context = new_context(model, small_context());

    const float * values = nullptr;
    sol_usage     usage;
    check_refused(sol_logits(context.get(), 0, &values), SOL_INVALID_ARGUMENT, "not an output");
    check_refused(sol_get_usage(context.get(), 0, &usage), SOL_INVALID_ARGUMENT, "no knobs");

    token_batch batch;
    batch.add(1, 0, 0, false, DENSE);
    batch.add(2, 1, 0, true,  DENSE);
    const sol_batch view = batch.view();
    CHECK_OK(sol_decode(context.get(), &view));

    check_refused(sol_logits(context.get(), 0, &values), SOL_INVALID_ARGUMENT, "token 0 was not an output");
    check_refused(sol_hidden(context.get(), 2, &values), SOL_INVALID_ARGUMENT, "token 2 was not an output");
    check_refused(sol_hidden(context.get(), -1, &values), SOL_INVALID_ARGUMENT, "not an output");
    check_refused(sol_get_usage(context.get(), 2, &usage), SOL_INVALID_ARGUMENT, "batch of 2");
    CHECK_OK(sol_hidden(context.get(), 1, &values));

    sol_layer_info info;
    check_refused(sol_context_layer_info(context.get(), 99, &info), SOL_INVALID_ARGUMENT, "layer 99");
    check_refused(sol_seq_rm(context.get(), 1, 0, -1), SOL_INVALID_ARGUMENT, "sequence");
    check_refused(sol_seq_cp(context.get(), 0, -1, 0, -1), SOL_INVALID_ARGUMENT, "sequence");
}

void test_cancel(sol_model & model) {
    const context_ptr context = new_context(model, small_context());

    token_batch batch;
    batch.add(1, 0, 0, true, DENSE);
    const sol_batch view = batch.view();

    sol_context_cancel(context.get());
    check_refused(sol_decode(context.get(), &view), SOL_CANCELLED, "cancelled");
    CHECK_OK(sol_decode(context.get(), &view)); // one cancel ends one decode

    CHECK_OK(sol_seq_rm(context.get(), 0, 0, -1));
    sol_context_cancel(context.get());
    sol_context_uncancel(context.get());
    CHECK_OK(sol_decode(context.get(), &view));

    // from another thread, into a decode that takes a while
    token_batch prompt;
    for (int32_t i = 1; i < 129; ++i) {
        prompt.add(1, i, 0, false, { 0.5f, 0.5f, 8 });
    }
    const sol_batch prompt_view = prompt.view();

    bool cancelled = false;
    for (int attempt = 0; attempt < 200 && !cancelled; ++attempt) {
        std::thread other([&] { sol_context_cancel(context.get()); });
        cancelled = sol_decode(context.get(), &prompt_view) == SOL_CANCELLED;
        other.join();
        CHECK_OK(sol_seq_rm(context.get(), 0, 1, -1));
    }
    CHECK(cancelled, "200 decodes with a concurrent cancel all went through");
}

void test_tokens(sol_model & model, const tiny_model & m) {
    llama_token tokens[64];
    int32_t     n = 0;

    const char * text = "in the Zürich \xF0\x9F\x8E\x89 end";
    CHECK_OK(sol_tokenize(&model, text, (int32_t) strlen(text), false, false, tokens, 64, &n));

    std::string back;
    for (int32_t i = 0; i < n; ++i) {
        char    bytes[16];
        int32_t n_bytes = 0;
        CHECK_OK(sol_token_bytes(&model, tokens[i], false, bytes, sizeof(bytes), &n_bytes));
        back.append(bytes, n_bytes);
    }
    CHECK(back == text, "'%s' came back as '%s'", text, back.c_str());

    check_refused(sol_tokenize(&model, text, (int32_t) strlen(text), false, false, tokens, 3, &n), SOL_INVALID_ARGUMENT, "needed");
    CHECK(n > 3, "the needed capacity is %d", n);
    CHECK_OK(sol_tokenize(&model, "\xFF\xFE\x80", 3, false, false, tokens, 64, &n)); // not UTF-8
    check_refused(sol_tokenize(&model, text, -1, false, false, tokens, 64, &n), SOL_INVALID_ARGUMENT, "negative");

    char bytes[16];
    check_refused(sol_token_bytes(&model, (llama_token) m.n_vocab, false, bytes, 16, &n), SOL_INVALID_ARGUMENT, "not in the vocabulary");

    std::vector<float> row(m.n_embd);
    CHECK_OK(sol_model_token_embedding(&model, 17, row.data()));
    CHECK(memcmp(row.data(), m.tensors.at("token_embd.weight").data.data() + 17*m.n_embd, m.n_embd*sizeof(float)) == 0, "row 17 differs");
    check_refused(sol_model_token_embedding(&model, -1, row.data()), SOL_INVALID_ARGUMENT, "not in the vocabulary");
}

void test_not_finite(const temp_dir & dir) {
    tiny_model m = make_tiny_model("llama", 2);
    m.tensors.at("output_norm.weight").data[0] = std::numeric_limits<float>::quiet_NaN();
    write_tiny_model(m, dir/"nan.gguf");

    const model_ptr   model   = load_model(dir/"nan.gguf");
    const context_ptr context = new_context(*model, small_context());

    token_batch batch;
    batch.add(1, 0, 0, true, { 0.5f, 0.5f, 4 });
    const sol_batch view = batch.view();
    CHECK_OK(sol_decode(context.get(), &view));

    llama_sampler * sampler = llama_sampler_init_greedy();
    llama_token     token;
    check_refused(sol_sample(context.get(), sampler, nullptr, 0, &token), SOL_INVALID_MODEL, "not finite");
    llama_sampler_free(sampler);
}

} // namespace

int main() {
    return run_test([] {
        const temp_dir   dir;
        const tiny_model m = make_tiny_model("llama", 1);

        test_files(dir);

        const model_ptr model = load_model(dir/"whole.gguf");
        test_context_params(*model);
        test_batches(*model);
        test_batch_beyond_context(*model);
        test_results(*model);
        test_cancel(*model);
        test_tokens(*model, m);
        test_not_finite(dir);

        sol_model_free(nullptr);
        sol_context_free(nullptr);
        CHECK(sol_api_version() == SOL_API_VERSION, "version %u", sol_api_version());
        printf("bad arguments are refused\n");
    });
}
