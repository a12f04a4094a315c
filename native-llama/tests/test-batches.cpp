// Mixed batches against one token at a time: whatever the batch, the micro-batches and the neighbours, a token's own knobs
// decide its result.

#include "test-support.h"

#include "sol-choice.h"

#include "llama-context.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>

namespace {

struct token_result {
    std::vector<float> logits;
    std::vector<float> hidden;
    sol_usage          usage;
};

// The KV cache is F16: what differs in the last bit before it is stored may differ by 2^-11 after.
constexpr float TOLERANCE = 1e-3f;

// Upstream's kernel, which large batches go through, sums values in F16; activations are rounded to F16 or not. With 8 bits for them, a
// last bit before may be 2^-8 after.
constexpr float SKIP_TOLERANCE        = 5e-3f;
constexpr float SKIP_TOLERANCE_8_BITS = 5e-2f;

// Without flash attention, whose F16 accumulators differ between batch shapes by more than a wrong knob might.
sol_context_params exact_context() {
    sol_context_params params = small_context();
    params.flash_attn = false;
    return params;
}

token_result result_of(sol_context & context, const tiny_model & m, int32_t i) {
    token_result res;
    res.logits = logits_of(context, i);

    const float * hidden = nullptr;
    CHECK_OK(sol_hidden(&context, i, &hidden));
    res.hidden.assign(hidden, hidden + m.n_embd);

    CHECK_OK(sol_get_usage(&context, i, &res.usage));
    return res;
}

void decode(sol_context & context, const token_batch & batch) {
    const sol_batch view = batch.view();
    CHECK_OK(sol_decode(&context, &view));
}

std::vector<token_result> decode_in_parts(sol_context & context, const tiny_model & m, const token_batch & batch, const std::vector<int32_t> & parts) {
    std::vector<token_result> res;

    int32_t begin = 0;
    for (const int32_t n : parts) {
        decode(context, batch.slice(begin, n));
        for (int32_t i = 0; i < n; ++i) {
            res.push_back(result_of(context, m, i));
        }
        begin += n;
    }
    CHECK(begin == batch.size(), "the parts have %d tokens, the batch %d", begin, batch.size());
    return res;
}

void check_equal(const char * what, const std::vector<token_result> & a, const std::vector<token_result> & b, float tolerance) {
    CHECK(a.size() == b.size(), "%s: %zu and %zu tokens", what, a.size(), b.size());

    for (size_t i = 0; i < a.size(); ++i) {
        CHECK(max_difference(a[i].logits, b[i].logits) <= tolerance, "%s: logits of token %zu differ by %g", what, i, max_difference(a[i].logits, b[i].logits));
        CHECK(max_difference(a[i].hidden, b[i].hidden) <= tolerance, "%s: hidden state of token %zu differs by %g", what, i, max_difference(a[i].hidden, b[i].hidden));
        CHECK(memcmp(&a[i].usage, &b[i].usage, sizeof(sol_usage)) == 0, "%s: counters of token %zu differ", what, i);
    }
}

// Activations differ in their last bits between batch shapes. Where a last bit can become a jump, the knob is left dense:
// a value next to a rounding boundary of act_bits, and a near-tie of units whose GELU ggml-cpu reads from a table of F16.
sol_knobs comparable_knobs(const tiny_model & m, std::mt19937 & rng) {
    sol_knobs k = random_knobs(rng);

    k.act_bits = 16;
    if (m.arch == "gpt2" || m.arch == "gemma3") {
        k.mlp_keep = 1.0f;
    }
    return k;
}

void test_one_sequence(const std::string & path, const tiny_model & m) {
    const model_ptr model = load_model(path);
    std::mt19937    rng(7);

    token_batch batch;
    for (int32_t i = 0; i < 90; ++i) {
        batch.add(random_token(m, rng), i, 0, true, comparable_knobs(m, rng));
    }

    sol_context_params params = exact_context();
    const auto alone = decode_in_parts(*new_context(*model, params), m, batch, std::vector<int32_t>(90, 1));
    const auto mixed = decode_in_parts(*new_context(*model, params), m, batch, { 50, 1, 1, 38 });
    check_equal("one batch", mixed, alone, TOLERANCE);

    params.n_ubatch = 7; // upstream splits the batch
    const auto split = decode_in_parts(*new_context(*model, params), m, batch, { 50, 1, 1, 38 });
    check_equal("split batch", split, alone, TOLERANCE);

    params.n_ubatch   = 128;
    params.flash_attn = true;
    const auto fused = decode_in_parts(*new_context(*model, params), m, batch, { 90 });
    check_equal("flash attention", fused, alone, 5*TOLERANCE);
}

// Four sequences whose tokens are interleaved at random, against each one alone in a context of its own.
void test_sequences(const std::string & path, const tiny_model & m) {
    const model_ptr model = load_model(path);
    std::mt19937    rng(8);

    sol_context_params params = exact_context();
    params.n_seq_max = 4;
    params.n_ubatch  = 16;

    token_batch batch;
    std::vector<token_batch> of_seq(4);
    for (int32_t i = 0; i < 100; ++i) {
        const llama_seq_id seq = (llama_seq_id) (rng() % 4);
        const llama_token  t   = random_token(m, rng);
        const sol_knobs    k   = comparable_knobs(m, rng);
        const llama_pos    p   = of_seq[seq].size();

        batch.add(t, p, seq, true, k);
        of_seq[seq].add(t, p, 0, true, k);
    }

    const auto mixed = decode_in_parts(*new_context(*model, params), m, batch, { 40, 60 });

    for (llama_seq_id seq = 0; seq < 4; ++seq) {
        std::vector<token_result> here;
        for (int32_t i = 0; i < batch.size(); ++i) {
            if (batch.seq_id[i] == seq) {
                here.push_back(mixed[i]);
            }
        }

        const auto alone = decode_in_parts(*new_context(*model, exact_context()), m, of_seq[seq], { of_seq[seq].size() });
        check_equal("interleaved sequences", here, alone, TOLERANCE);
    }
}

// Sequences that share the cells of a prefix, then one of them forgets its end and goes on otherwise.
void test_shared_prefix(const std::string & path, const tiny_model & m) {
    const model_ptr model = load_model(path);
    std::mt19937    rng(9);

    sol_context_params params = exact_context();
    params.n_seq_max = 3;

    const context_ptr context = new_context(*model, params);

    token_batch prefix;
    for (int32_t i = 0; i < 30; ++i) {
        prefix.add(random_token(m, rng), i, 0, i == 29, DENSE);
    }
    decode(*context, prefix);
    CHECK_OK(sol_seq_cp(context.get(), 0, 1, 0, -1));
    CHECK_OK(sol_seq_cp(context.get(), 0, 2, 0, -1));

    token_batch steps;
    std::vector<token_batch> of_seq(3, prefix);
    for (int32_t i = 0; i < 10; ++i) {
        for (llama_seq_id seq = 0; seq < 3; ++seq) {
            const llama_token t = random_token(m, rng);
            const sol_knobs   k = comparable_knobs(m, rng);
            steps.add(t, 30 + i, seq, true, k);
            of_seq[seq].add(t, 30 + i, 0, true, k);
        }
    }
    const auto together = decode_in_parts(*context, m, steps, { 15, 15 });

    for (llama_seq_id seq = 0; seq < 3; ++seq) {
        const context_ptr own = new_context(*model, exact_context());
        decode(*own, of_seq[seq].slice(0, 30));
        const auto alone = decode_in_parts(*own, m, of_seq[seq].slice(30, 10), { 10 });

        std::vector<token_result> here;
        for (int32_t i = 0; i < 10; ++i) {
            here.push_back(together[3*i + seq]);
        }
        check_equal("shared prefix", here, alone, TOLERANCE);
    }

    // sequence 1 forgets its last five tokens; its next token sees a cache with holes
    CHECK_OK(sol_seq_rm(context.get(), 1, 35, -1));
    llama_pos last = 0;
    CHECK_OK(sol_seq_pos_max(context.get(), 1, &last));
    CHECK(last == 34, "the last position is %d", last);

    token_batch next;
    next.add(5, 35, 1, true, { 0.5f, 0.5f, 16 });
    const auto after_removal = decode_in_parts(*context, m, next, { 1 });

    const context_ptr own = new_context(*model, exact_context());
    decode(*own, of_seq[1].slice(0, 30));
    decode(*own, of_seq[1].slice(30, 5));
    next.seq_id[0] = 0;
    check_equal("after a removal", after_removal, decode_in_parts(*own, m, next, { 1 }), TOLERANCE);
}

// The sets that tokens chose, by sequence and position: one batching replays those of another, since scores that all but tie may fall
// either way.
class set_keeper : public sol_choice_observer {
public:
    const token_batch * batch    = nullptr; // the running one
    bool                replays  = false;
    int64_t             n_differ = 0;
    int64_t             n        = 0;
    bool                missing  = false;

    void on_choice(const sol_choice & c, uint8_t * keep, int64_t size) override {
        const std::lock_guard<std::mutex> lock(mutex);

        auto & set = sets[{ c.kind, c.il, batch->seq_id[c.index], batch->pos[c.index], c.part }];
        if (!replays) {
            set.assign(keep, keep + size);
            return;
        }
        if ((int64_t) set.size() != size) {
            missing = true; // thrown through ggml, an exception would not arrive
            return;
        }
        n        += 1;
        n_differ += !std::equal(set.begin(), set.end(), keep);
        std::copy(set.begin(), set.end(), keep);
    }

private:
    std::mutex mutex;
    std::map<std::tuple<sol_choice_kind, int32_t, llama_seq_id, llama_pos, int32_t>, std::vector<uint8_t>> sets;
};

std::vector<token_result> decode_in_parts(sol_context & context, const tiny_model & m, const token_batch & batch, const std::vector<int32_t> & parts,
        set_keeper & sets) {
    std::vector<token_result> res;
    context.state->choices = &sets;

    int32_t begin = 0;
    for (const int32_t n : parts) {
        const token_batch part = batch.slice(begin, n);
        sets.batch = &part;
        decode(context, part);
        for (int32_t i = 0; i < n; ++i) {
            res.push_back(result_of(context, m, i));
        }
        begin += n;
    }
    return res;
}

// What is not dropped is read once for all tokens of a small batch, for each token otherwise; large batches mask. Whatever the kernel, a
// token's result is its own.
void test_skipping(const std::string & arch, llama_ftype ftype) {
    const temp_dir   dir;
    const tiny_model m = make_tiny_model(arch, 3, /*n_ff =*/ 128);
    write_tiny_model(m, dir/"f32.gguf");
    CHECK_OK(sol_model_quantize((dir/"f32.gguf").c_str(), (dir/"model.gguf").c_str(), ftype, 1));
    const model_ptr model = load_model(dir/"model.gguf");

    sol_context_params params = small_context();
    params.execution      = SOL_EXECUTION_SKIP;
    params.attn_criterion = SOL_ATTN_QUEST;
    params.attn_page      = 8;
    params.n_seq_max      = 3;

    std::mt19937 rng(12);
    token_batch  batch;
    std::vector<llama_pos> next(3);
    for (int32_t i = 0; i < 120; ++i) {
        const llama_seq_id seq = (llama_seq_id) (rng() % 3);
        batch.add(random_token(m, rng), next[seq]++, seq, true, comparable_knobs(m, rng));
    }

    set_keeper sets;
    const auto alone = decode_in_parts(*new_context(*model, params), m, batch, std::vector<int32_t>(120, 1), sets);

    sets.replays = true;
    const auto mixed = decode_in_parts(*new_context(*model, params), m, batch, { 2, 3, 4, 1, 30, 1, 32, 4, 3, 40 }, sets);

    CHECK(!sets.missing, "%s: a batch chooses where single tokens did not", arch.c_str());
    CHECK(sets.n > 200 && sets.n_differ*20 < sets.n, "%s: %d of %d choices are others in batches", arch.c_str(), (int) sets.n_differ, (int) sets.n);
    check_equal("batches that skip", mixed, alone, ftype == LLAMA_FTYPE_MOSTLY_F16 ? SKIP_TOLERANCE : SKIP_TOLERANCE_8_BITS);
    printf("%s: batches that skip equal single tokens, %d of %d choices apart\n", arch.c_str(), (int) sets.n_differ, (int) sets.n);
}

// Changing knobs must not rebuild the graph; going to a batch without knobs and back may.
void test_graph_reuse(const std::string & path, const tiny_model & m) {
    const model_ptr   model   = load_model(path);
    const context_ptr context = new_context(*model, exact_context());
    std::mt19937      rng(10);

    const int32_t n_reused = llama_perf_context(context->llama.get()).n_reused;

    for (int32_t i = 0; i < 20; ++i) {
        token_batch step;
        step.add(random_token(m, rng), i, 0, true, random_knobs(rng));
        decode(*context, step);
    }

    const int32_t reused = llama_perf_context(context->llama.get()).n_reused - n_reused;
    CHECK(reused >= 18, "only %d of 20 steps reused the graph", reused);
}

// Rounding to few bits is in the loop too: the same schedule twice gives the same bits.
void test_deterministic(const std::string & path, const tiny_model & m) {
    const model_ptr model = load_model(path);
    std::mt19937    rng(11);

    token_batch batch;
    for (int32_t i = 0; i < 40; ++i) {
        batch.add(random_token(m, rng), i, 0, true, random_knobs(rng));
    }
    check_equal("same schedule twice",
            decode_in_parts(*new_context(*model, exact_context()), m, batch, { 20, 20 }),
            decode_in_parts(*new_context(*model, exact_context()), m, batch, { 20, 20 }), 0.0f);
}

// Recurrent layers have no κ; ρ and b reach all layers.
void test_hybrid(const std::string & path, const tiny_model & m) {
    const model_ptr   model   = load_model(path);
    const context_ptr context = new_context(*model, exact_context());

    for (int64_t il = 0; il < m.n_layer; ++il) {
        sol_layer_info info;
        CHECK_OK(sol_context_layer_info(context.get(), (int32_t) il, &info));
        CHECK(info.attn == (m.is_recurrent(il) ? SOL_ATTN_NONE : SOL_ATTN_FULL), "layer %d: attention class %d", (int) il, info.attn);
        CHECK(info.mlp_units == (m.n_ff + 7)/8 && info.act_bits, "layer %d: %d units", (int) il, info.mlp_units);
    }
}

} // namespace

int main() {
    return run_test([] {
        const temp_dir dir;

        for (const std::string & arch : tiny_model_archs()) {
            const tiny_model m    = make_tiny_model(arch, 3);
            const auto       path = dir/(arch + ".gguf");
            write_tiny_model(m, path);

            test_one_sequence(path, m);
            test_sequences(path, m);
            test_shared_prefix(path, m);
            test_graph_reuse(path, m);
            test_deterministic(path, m);
            printf("%s: batches equal single tokens\n", arch.c_str());
        }

        for (const char * arch : { "llama", "qwen3", "gemma3" }) {
            test_skipping(arch, LLAMA_FTYPE_MOSTLY_F16);
            test_skipping(arch, LLAMA_FTYPE_MOSTLY_Q8_0);
            test_skipping(arch, LLAMA_FTYPE_MOSTLY_Q4_0);
        }

        const tiny_model hybrid = make_tiny_model("lfm2", 3);
        write_tiny_model(hybrid, dir/"lfm2.gguf");
        test_hybrid(dir/"lfm2.gguf", hybrid);
        test_one_sequence(dir/"lfm2.gguf", hybrid);
        test_sequences(dir/"lfm2.gguf", hybrid);
        printf("lfm2: regrouped batches equal single tokens\n");
    });
}
