// Sequences that share a context, against each one's own history alone: a thousand random steps of decoding, sharing,
// forgetting, shifting, saving and restoring.

#include "replay.h"

#include "sequence-model.h"


namespace {

struct test_case {
    const char * name;
    const char * arch;
    void (*      change)(sol_context_params & params);
    float        tolerance; // of the largest difference
    llama_ftype  ftype    = LLAMA_FTYPE_ALL_F32;
    double       relative = 1.0; // tolerance of relative_error()
    double       ties     = .01; // the part of choices that near ties may decide
};

// Without flash attention results differ by what F16 keys and values let through. Upstream's fused kernel, which computes the
// rows that drop nothing, also sums its values in F16, in the order of the cells.
constexpr float EXACT = 2e-3f;
constexpr float FUSED = 2e-2f;
// Quantised weights are multiplied with activations of 8 bits, and a last bit may decide on a step of those.
constexpr float ROUNDED = 5e-2f;

constexpr int N_STEPS = 1000;

const test_case CASES[] = {
    { "llama, recency", "llama", [](sol_context_params & p) {
        p.flash_attn = false;
    }, EXACT },
    { "llama, quest", "llama", [](sol_context_params & p) {
        p.attn_criterion = SOL_ATTN_QUEST;
        p.attn_page      = 4;
    }, FUSED },
    { "llama, mean per query head, channels", "llama", [](sol_context_params & p) {
        p.attn_criterion = SOL_ATTN_MEAN;
        p.attn_page      = 3;
        p.attn_choice    = SOL_ATTN_PER_QUERY_HEAD;
        p.mlp_criterion  = SOL_MLP_CHANNEL;
        p.bits_site      = SOL_BITS_INPUT;
    }, FUSED },
    { "gemma3, quest with a tail", "gemma3", [](sol_context_params & p) {
        p.attn_criterion = SOL_ATTN_QUEST;
        p.attn_page      = 4;
        p.attn_dropped   = SOL_ATTN_DROPPED_TAIL;
    }, FUSED },
    { "gemma3, mean shared by all heads, small micro-batches", "gemma3", [](sol_context_params & p) {
        p.attn_criterion = SOL_ATTN_MEAN;
        p.attn_page      = 5;
        p.attn_choice    = SOL_ATTN_SHARED;
        p.n_ubatch       = 5;
        p.mlp_group      = 1;
    }, FUSED },
    // with the fused kernel's larger differences a router that all but ties may send a token to another expert
    { "qwen2moe, recency", "qwen2moe", [](sol_context_params & p) {
        p.flash_attn = false;
    }, EXACT },
    { "lfm2, quest", "lfm2", [](sol_context_params & p) {
        p.attn_criterion = SOL_ATTN_QUEST;
        p.attn_page      = 4;
    }, FUSED },
    // what skips, against replays that mask
    { "llama F16, skipping, recency", "llama", [](sol_context_params & p) {
        p.execution = SOL_EXECUTION_SKIP;
    }, FUSED, LLAMA_FTYPE_MOSTLY_F16, 1e-3 },
    { "llama Q4_0, skipping, quest with a tail", "llama", [](sol_context_params & p) {
        p.execution      = SOL_EXECUTION_SKIP;
        p.attn_criterion = SOL_ATTN_QUEST;
        p.attn_page      = 4;
        p.attn_dropped   = SOL_ATTN_DROPPED_TAIL;
    }, ROUNDED, LLAMA_FTYPE_MOSTLY_Q4_0, 1e-2 },
    { "gemma3 Q8_0, skipping, mean per query head, single neurons", "gemma3", [](sol_context_params & p) {
        p.execution      = SOL_EXECUTION_SKIP;
        p.attn_criterion = SOL_ATTN_MEAN;
        p.attn_page      = 3;
        p.attn_choice    = SOL_ATTN_PER_QUERY_HEAD;
        p.mlp_group      = 1;
    }, ROUNDED, LLAMA_FTYPE_MOSTLY_Q8_0, 1e-2, /*.ties =*/ .05 },
    { "qwen3 F16, skipping, mean shared with a tail, groups of 32", "qwen3", [](sol_context_params & p) {
        p.execution      = SOL_EXECUTION_SKIP;
        p.attn_criterion = SOL_ATTN_MEAN;
        p.attn_page      = 5;
        p.attn_choice    = SOL_ATTN_SHARED;
        p.attn_dropped   = SOL_ATTN_DROPPED_TAIL;
        p.mlp_group      = 32;
        p.n_ubatch       = 7;
    }, FUSED, LLAMA_FTYPE_MOSTLY_F16, 1e-3 },
};

sol_context_params params_of(const test_case & test) {
    sol_context_params params = small_context();
    params.n_seq_max = 6;
    params.n_ubatch  = 16;
    test.change(params);
    return params;
}

// Roundings to few bits turn a last bit into a step that no replay can undo; steps of 12 bits are as fine as F16.
sol_knobs comparable_knobs(std::mt19937 & rng) {
    sol_knobs k = random_knobs(rng);
    k.act_bits = 12 + k.act_bits%5;
    return k;
}

class random_steps {
public:
    random_steps(const test_case & test, const tiny_model & m, sol_model & model, uint32_t seed) :
            test(test), m(m), model(model), params(params_of(test)), sequences(model, m, params), rng(seed) {}

    // Returns how often the cache was full.
    int run() {
        for (int32_t step = 0; step < N_STEPS; ++step) {
            this->step();
            sequences.check_positions();
            if (rng() % 16 == 0) {
                check(random_seq());
            }
        }
        for (llama_seq_id seq = 0; seq < sequences.size(); ++seq) {
            check(seq);
        }

        // the run did what it is for
        for (const auto & [what, n] : std::map<const char *, int> { { "decodes", n_decodes }, { "copies", n_copies }, { "removals", n_removals },
                { "shifts", n_shifts }, { "restores", n_restores } }) {
            CHECK(n > 0, "%s: no %s", test.name, what);
        }
        CHECK(total.n_choices > 1000 && total.n_tokens > 500, "%s: %d choices of %d tokens", test.name, (int) total.n_choices, (int) total.n_tokens);
        CHECK(total.relative_error() <= test.relative, "%s: logits differ by %g of their magnitude", test.name, total.relative_error());
        // near ties only
        CHECK(total.n_differ <= test.ties*total.n_choices, "%s: %d of %d choices differ", test.name, (int) total.n_differ, (int) total.n_choices);

        printf("%s: %d decodes, %d copies, %d removals, %d shifts, %d restores, %d times full; replayed %d tokens, %d of %d choices differ, "
               "logits by at most %.1e, %.1e in the mean, hidden by %.1e\n", test.name, n_decodes, n_copies, n_removals, n_shifts, n_restores, n_full, (int) total.n_tokens,
                (int) total.n_differ, (int) total.n_choices, total.logits, total.relative_error(), total.hidden);
        return n_full;
    }

private:
    const test_case &        test;
    const tiny_model &       m;
    sol_model &              model;
    const sol_context_params params;
    sequence_model           sequences;
    std::mt19937             rng;
    replay_result            total;

    std::vector<saved_sequence> saved;

    int n_decodes = 0, n_full = 0, n_copies = 0, n_removals = 0, n_shifts = 0, n_restores = 0;

    llama_seq_id random_seq() { return (llama_seq_id) (rng() % sequences.size()); }

    // Of a range that is not empty.
    llama_pos between(llama_pos first, llama_pos last) { return first + (llama_pos) (rng() % (last - first + 1)); }

    void check(llama_seq_id seq) {
        sol_context_params reference = params;
        reference.execution = SOL_EXECUTION_REFERENCE;

        // a reference for kernels that sum in F32
        const bool own_attention = params.execution == SOL_EXECUTION_SKIP;

        const replay_result res = replay(model, m, reference, sequences.history(seq), own_attention);
        CHECK(res.logits <= test.tolerance && res.hidden <= test.tolerance, "%s: sequence %d differs by %g in logits, %g in hidden states",
                test.name, seq, res.logits, res.hidden);
        total.add(res);
    }

    void step() {
        const llama_seq_id seq = random_seq();

        // a history that is replayed again and again stays short
        if (sequences.history_length(seq) > 100) {
            sequences.remove(seq, -1, -1);
            return;
        }
        switch (rng() % 16) {
            case 0:  copy(seq);    break;
            case 1:
            case 2:  remove(seq);  break;
            case 3:  shift(seq);   break;
            case 4:  save(seq);    break;
            case 5:  restore(seq); break;
            default: decode();     break;
        }
    }

    void decode() {
        std::vector<llama_pos> next;
        for (llama_seq_id seq = 0; seq < sequences.size(); ++seq) {
            next.push_back(sequences.last(seq) + 1);
        }

        token_batch   batch;
        const int32_t n = rng() % 2 ? 1 : 2 + (int32_t) (rng() % 20);
        for (int32_t i = 0; i < n; ++i) {
            const llama_seq_id seq = random_seq();
            batch.add(random_token(m, rng), next[seq]++, seq, i == n - 1 || rng() % 2, comparable_knobs(rng));
        }
        const bool ok = sequences.decode(batch, /*with_knobs =*/ rng() % 16 != 0);
        ++(ok ? n_decodes : n_full);
    }

    void copy(llama_seq_id src) {
        const llama_seq_id dst = random_seq();
        if (dst == src || sequences.empty(src)) {
            return;
        }
        const bool whole = m.arch == "lfm2" || rng() % 4 == 0;

        const llama_pos last = sequences.last(src);
        const llama_pos p0   = whole || rng() % 4 ? -1 : between(0, last);
        const llama_pos p1   = whole ? -1 : between(p0 + 1, last + 1);
        n_copies += sequences.copy(src, dst, p0, p1);
    }

    void remove(llama_seq_id seq) {
        if (sequences.empty(seq)) {
            return;
        }
        const llama_pos last = sequences.last(seq);
        llama_pos       p0   = -1;
        llama_pos       p1   = -1;
        if (m.arch != "lfm2" && rng() % 8) {
            p0 = between(0, last);
            p1 = rng() % 2 ? -1 : between(p0, last + 1); // the tail, or the middle
        }
        n_removals += sequences.remove(seq, p0, p1);
    }

    void shift(llama_seq_id seq) {
        if (sequences.empty(seq)) {
            return;
        }
        const llama_pos last = sequences.last(seq);
        const llama_pos p0   = between(0, last);

        if (m.arch == "lfm2" || rng() % 3 == 0) { // a gap
            n_shifts += sequences.shift(seq, p0, -1, between(1, 7));
            return;
        }
        // what is left after a part was forgotten closes up
        const llama_pos gap = between(p0, last);
        if (sequences.remove(seq, p0, gap) && gap > p0) {
            n_shifts += sequences.shift(seq, gap, rng() % 2 ? -1 : last + 1, p0 - gap);
        }
    }

    void save(llama_seq_id seq) {
        saved.push_back(sequences.save(seq));
        if (saved.size() > 4) {
            saved.erase(saved.begin());
        }
    }

    void restore(llama_seq_id seq) {
        if (!saved.empty()) {
            n_restores += sequences.restore(seq, saved[rng() % saved.size()]);
        }
    }
};

int test_random_steps(const test_case & test, uint32_t seed) {
    const temp_dir   dir;
    const tiny_model m = make_tiny_model(test.arch, seed, test.ftype == LLAMA_FTYPE_ALL_F32 ? 100 : 128);
    write_tiny_model(m, dir/"f32.gguf");
    CHECK_OK(sol_model_quantize((dir/"f32.gguf").c_str(), (dir/"model.gguf").c_str(), test.ftype, 1));
    const model_ptr model = load_model(dir/"model.gguf");

    return random_steps(test, m, *model, seed).run();
}

} // namespace

// test-sequences [SEEDS [FIRST [NAME]]]: NAME is a part of the cases' names
int main(int argc, char ** argv) {
    return run_test([&] {
        const uint32_t n_seeds = argc > 1 ? (uint32_t) atoi(argv[1]) : 2;
        const uint32_t first   = argc > 2 ? (uint32_t) atoi(argv[2]) : 1;
        const char *   part    = argc > 3 ? argv[3] : "";

        int n_full = 0;
        for (const test_case & test : CASES) {
            for (uint32_t seed = first; seed < first + n_seeds && strstr(test.name, part); ++seed) {
                n_full += test_random_steps(test, seed);
            }
        }
        CHECK(n_full > 0, "the cache was never full");
    });
}
