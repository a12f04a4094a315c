// attn_keep against an oracle, on every tiny architecture: each criterion, choice, page size and stand-in for dropped pages, in a
// sequence that fills the cache and in several that share, lose and regain cells; masked after upstream's kernel, and by ours that
// reads only what is attended.

#include "oracle-attention.h"
#include "test-support.h"

#include <cstring>

namespace {

// A model, a context and the oracle's view of its sequences.
class session {
public:
    session(const tiny_model & m, sol_model & model, const sol_context_params & params, bool replace_choices = false) :
            m(m), params(params), context(sol_context_make(model, params, graph_observer::callback, &seen)) {
        choices.replaces        = replace_choices;
        context->state->choices = &choices;
    }

    void decode(const token_batch & batch) {
        seen.clear();
        choices.clear();

        const sol_batch view = batch.view();
        CHECK_OK(sol_decode(context.get(), &view));
        CHECK(!choices.has_repeated(), "%s: a token chose twice", m.arch.c_str());

        std::vector<sol_usage> expected(batch.size());
        std::vector<int32_t>   next(m.n_layer); // token of the batch, by layer: attention comes in its ubatches

        for (const seen_attention & a : seen.attention) {
            const bool skips = params.execution == SOL_EXECUTION_SKIP && a.n_tokens <= 32;
            CHECK(a.dense.data.empty() == skips, "%s layer %d: dense attention of %d tokens is %scomputed", m.arch.c_str(), a.il, (int) a.n_tokens, skips ? "" : "not ");

            const int32_t first = next[a.il];
            next[a.il] += (int32_t) a.n_tokens;

            CHECK((int64_t) a.written.size() == a.n_tokens, "%s layer %d: %zu keys written for %d tokens", m.arch.c_str(), a.il, a.written.size(), (int) a.n_tokens);
            for (int64_t r = 0; r < a.n_tokens; ++r) {
                cells.write(a.cache, a.written[r], batch.seq_id[first + r], batch.pos[first + r]);
            }
            for (int64_t r = 0; r < a.n_tokens; ++r) {
                check_token(a, r, batch, first + (int32_t) r, expected[first + r]);
            }
        }

        for (int32_t i = 0; i < batch.size(); ++i) {
            sol_usage usage;
            CHECK_OK(sol_get_usage(context.get(), i, &usage));
            CHECK(usage.full_attended == expected[i].full_attended && usage.full_visible == expected[i].full_visible
                    && usage.sliding_attended == expected[i].sliding_attended && usage.sliding_visible == expected[i].sliding_visible,
                    "%s: token at %d counts full %d/%d sliding %d/%d, expected %d/%d and %d/%d", m.arch.c_str(), batch.pos[i],
                    (int) usage.full_attended, (int) usage.full_visible, (int) usage.sliding_attended, (int) usage.sliding_visible,
                    (int) expected[i].full_attended, (int) expected[i].full_visible, (int) expected[i].sliding_attended, (int) expected[i].sliding_visible);
        }
        for (const int32_t n : next) {
            CHECK(n == batch.size(), "%s: saw attention of %d tokens in a layer, expected %d", m.arch.c_str(), n, batch.size());
        }
        n_choices += choices.count(sol_choice_kind::PAGES);
    }

    void copy(llama_seq_id src, llama_seq_id dst) {
        CHECK_OK(sol_seq_cp(context.get(), src, dst, 0, -1));
        cells.copy(src, dst);
    }

    void remove(llama_seq_id seq, llama_pos p0, llama_pos p1) {
        CHECK_OK(sol_seq_rm(context.get(), seq, p0, p1));
        cells.remove(seq, p0, p1);
    }

    const sol_context * get() const { return context.get(); }

    int64_t n_choices = 0;

private:
    void check_token(const seen_attention & a, int64_t row, const token_batch & batch, int32_t i, sol_usage & usage) {
        char what[160];
        snprintf(what, sizeof(what), "%s layer %d, sequence %d position %d, keep %.2f, criterion %d choice %d dropped %d page %d",
                m.arch.c_str(), a.il, batch.seq_id[i], batch.pos[i], batch.knobs[i].attn_keep,
                params.attn_criterion, params.attn_choice, params.attn_dropped, params.attn_page);

        const bool    sliding = m.is_sliding(a.il);
        const auto    visible = cells.visible(a.cache, batch.seq_id[i], batch.pos[i], sliding ? m.n_swa : 0);
        const int64_t n       = check_attention(what, a, row, i, batch.pos[i], visible, batch.knobs[i].attn_keep, params, choices);

        (sliding ? usage.sliding_attended : usage.full_attended) += n;
        (sliding ? usage.sliding_visible  : usage.full_visible)  += (int64_t) visible.size()*m.n_head;
    }

    const tiny_model &       m;
    const sol_context_params params;

    graph_observer  seen;
    choice_recorder choices;
    oracle_cells    cells;
    std::unique_ptr<sol_context> context;
};

// From the first token on, `to_the_end` of the cache. Every token has knobs of its own.
void test_one_sequence(const tiny_model & m, sol_model & model, const sol_context_params & params, bool to_the_end, bool replace_choices) {
    session      s(m, model, params, replace_choices);
    std::mt19937 rng(1);

    std::vector<int32_t> parts = { 1, 7, 1, 1, 6, 1, 33, 1 };
    if (to_the_end) {
        parts.insert(parts.end(), { 64, 13, 128 });
    }

    llama_pos pos = 0;
    for (const int32_t n : parts) {
        token_batch batch;
        for (int32_t i = 0; i < n; ++i) {
            batch.add(random_token(m, rng), pos++, 0, true, random_knobs(rng));
        }
        s.decode(batch);
    }

    CHECK(!to_the_end || (uint32_t) pos == sol_context_n_ctx(s.get()), "%d tokens do not fill the cache", pos);

    // a page that holds everything leaves nothing to choose
    const bool one_page = params.attn_criterion == SOL_ATTN_RECENCY || params.attn_page > 256;
    CHECK(one_page == (s.n_choices == 0), "%s: %d choices with pages of %d", m.arch.c_str(), (int) s.n_choices, params.attn_page);
}

// Interleaved sequences: three share a prefix, one loses its end, one some of its middle, one all of it and starts anew.
void test_sequences(const tiny_model & m, sol_model & model, sol_context_params params) {
    params.n_seq_max = 4;
    params.n_ubatch  = 16;

    session      s(m, model, params);
    std::mt19937 rng(2);

    std::vector<llama_pos> next(4);
    const auto add = [&](token_batch & batch, llama_seq_id seq) {
        batch.add(random_token(m, rng), next[seq]++, seq, true, random_knobs(rng));
    };
    const auto interleaved = [&](int32_t n) {
        token_batch batch;
        for (int32_t i = 0; i < n; ++i) {
            add(batch, (llama_seq_id) (rng() % 4));
        }
        return batch;
    };

    token_batch prefix;
    for (int32_t i = 0; i < 19; ++i) {
        add(prefix, 0);
    }
    s.decode(prefix);
    s.copy(0, 1);
    s.copy(0, 2);
    next[1] = next[2] = next[0];

    s.decode(interleaved(40));
    s.decode(interleaved(33));

    s.remove(0, 7, 12);
    s.remove(1, 21, -1);
    s.remove(3, 0, -1);
    next[1] = 21;
    next[3] = 0;

    s.decode(interleaved(60));
    s.decode(interleaved(1));
}

// Tokens are shared out over threads, which read summaries that others wrote.
void test_threads(const tiny_model & m, sol_model & model, sol_context_params params) {
    std::vector<std::vector<float>> logits;
    std::vector<sol_usage>          usage;

    params.n_ubatch = 25;

    for (const int32_t n_threads : { 1, 2, 3 }) {
        params.n_threads = params.n_threads_batch = n_threads;
        const context_ptr context = new_context(model, params);
        std::mt19937      rng(9);

        token_batch batch;
        for (int32_t i = 0; i < 100; ++i) {
            batch.add(random_token(m, rng), i, 0, true, random_knobs(rng));
        }
        const sol_batch view = batch.view();
        CHECK_OK(sol_decode(context.get(), &view));

        for (int32_t i = 0; i < batch.size(); ++i) {
            logits.push_back(logits_of(*context, i));
            usage.emplace_back();
            CHECK_OK(sol_get_usage(context.get(), i, &usage.back()));
        }
    }
    for (size_t i = 100; i < logits.size(); ++i) {
        CHECK(logits[i] == logits[i % 100] && memcmp(&usage[i], &usage[i % 100], sizeof(sol_usage)) == 0,
                "%s: token %zu depends on the number of threads", m.arch.c_str(), i % 100);
    }
}

// So many positions that threads share out what a token attends; of more threads than parts some share heads too.
void test_parts(const tiny_model & m, sol_model & model, sol_context_params params) {
    params.n_ctx     = 640;
    params.execution = SOL_EXECUTION_SKIP;
    params.attn_page = 8;

    for (const int32_t criterion : { SOL_ATTN_RECENCY, SOL_ATTN_MEAN }) {
        params.attn_criterion = criterion;
        params.attn_dropped   = criterion == SOL_ATTN_MEAN ? SOL_ATTN_DROPPED_TAIL : SOL_ATTN_DROPPED_NONE;
        params.n_threads      = criterion == SOL_ATTN_MEAN ? 9 : 3; // of single tokens

        session      s(m, model, params);
        std::mt19937 rng(4);

        llama_pos pos = 0;
        for (const int32_t n : { 128, 128, 128, 128, 1, 20, 1 }) {
            token_batch batch;
            for (int32_t i = 0; i < n; ++i) {
                batch.add(random_token(m, rng), pos++, 0, true, n == 128 ? sol_knobs { 1.0f, 1.0f, 16 } : random_knobs(rng));
            }
            s.decode(batch);
        }
    }
    printf("%s: so it does in parts\n", m.arch.c_str());
}

// `all`: each combination with every page size; otherwise with one of them, in turn.
void test_params(const tiny_model & m, sol_model & model, sol_context_params params, bool all) {
    test_one_sequence(m, model, params, true, false);
    test_sequences(m, model, params);

    const std::vector<int32_t> pages = { 1, 3, 8, 16, 300 };

    int n = 0;
    for (const int32_t criterion : { SOL_ATTN_QUEST, SOL_ATTN_MEAN }) {
        for (const int32_t choice : { SOL_ATTN_PER_KV_HEAD, SOL_ATTN_PER_QUERY_HEAD, SOL_ATTN_SHARED }) {
            for (const int32_t dropped : { SOL_ATTN_DROPPED_NONE, SOL_ATTN_DROPPED_TAIL }) {
                for (int i = 0; i < (all ? (int) pages.size() : 1); ++i, ++n) {
                    params.attn_criterion = criterion;
                    params.attn_choice    = choice;
                    params.attn_dropped   = dropped;
                    params.attn_page      = pages[n % (all ? pages.size() : pages.size() - 1)];
                    params.attn_sinks     = n % 7 == 3 ? 0 : n % 7 == 5 ? 20 : 4;
                    params.attn_window    = n % 6 == 2 ? 0 : n % 6 == 4 ? 9  : 2;
                    params.n_ubatch       = n % 2 ? 32 : 128;

                    test_one_sequence(m, model, params, all && params.attn_page == 8, false);
                    if (params.attn_page < 300 && n % 2 == 0) {
                        test_sequences(m, model, params);
                    } else if (params.attn_page < 300) {
                        test_one_sequence(m, model, params, false, true);
                    }
                }
            }
        }
    }
    if (m.arch == "gemma3") { // one is enough: threads are slow to meet on a busy machine
        params.attn_page = 8; // with what was set last: means, shared, tails
        test_threads(m, model, params);
        params.attn_criterion = SOL_ATTN_QUEST;
        params.attn_choice    = SOL_ATTN_PER_QUERY_HEAD; // heads of one KV head go to different threads
        test_threads(m, model, params);
    }
}

void test_arch(const std::string & arch) {
    const temp_dir   dir;
    const tiny_model m = make_tiny_model(arch, 5);
    write_tiny_model(m, dir/"model.gguf");

    const model_ptr model = load_model(dir/"model.gguf");

    // all on an architecture with and one without sliding windows
    const bool all = arch == "llama" || arch == "gemma3";

    for (const int32_t execution : { SOL_EXECUTION_REFERENCE, SOL_EXECUTION_SKIP }) {
        sol_context_params params = small_context();
        params.execution = execution;
        params.skip_mlp  = false;

        test_params(m, *model, params, all);
    }
    printf("%s: attention equals the oracle's\n", arch.c_str());

    if (arch == "gemma3") {
        test_parts(m, *model, small_context());
    }
}

// Keys and values of 8 bits: the oracle reads them as they are stored.
void test_quantized_cache(const std::string & arch) {
    const temp_dir   dir;
    const tiny_model m = make_tiny_model(arch, 5, 100, /*n_head =*/ 2);
    write_tiny_model(m, dir/"model.gguf");

    const model_ptr model = load_model(dir/"model.gguf");

    for (const int32_t execution : { SOL_EXECUTION_REFERENCE, SOL_EXECUTION_SKIP }) {
        sol_context_params params = small_context();
        params.kv_type   = SOL_KV_Q8_0;
        params.execution = execution;

        test_params(m, *model, params, false);
    }
    printf("%s: so it does with a cache of Q8_0\n", arch.c_str());
}

} // namespace

// Arguments: the architectures, instead of all.
int main(int argc, char ** argv) {
    return run_test([&] {
        const std::vector<std::string> given(argv + 1, argv + argc);
        for (const std::string & arch : given.empty() ? tiny_model_archs() : given) {
            test_arch(arch);
        }
        test_quantized_cache("llama");
        test_quantized_cache("gemma3");
    });
}
