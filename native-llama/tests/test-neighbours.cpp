// What a token selects and uses never depends on the other sequences of its context, whether their cells lie between its own
// or are the same ones.

#include "replay.h"

#include "sequence-model.h"
#include "sequence-support.h"

namespace {

// See test-sequences.cpp.
constexpr float FUSED = 2e-2f;

sol_knobs schedule(std::mt19937 & rng) {
    sol_knobs k = random_knobs(rng);
    k.act_bits = 12 + k.act_bits%5;
    return k;
}

void check_replay(const std::string & what, const replay_result & res) {
    CHECK(res.logits <= FUSED && res.hidden <= FUSED, "%s: differs by %g in logits, %g in hidden states", what.c_str(), res.logits, res.hidden);
    CHECK(res.n_differ <= res.n_choices/100, "%s: %d of %d choices differ", what.c_str(), (int) res.n_differ, (int) res.n_choices);
}

// 16 sequences go on from one prefix that was decoded once, each with a schedule of its own, and fill the cache to its last
// cell: a copy of any cell would not have fitted.
void test_shared_prefix(const char * arch, sol_attn_criterion criterion, uint32_t seed) {
    constexpr llama_seq_id n_seqs = 16;
    constexpr llama_pos    prefix = 128;
    constexpr llama_pos    steps  = 24;

    const loaded_model loaded(arch, seed);
    const tiny_model & m = loaded.m;

    sol_context_params params = small_context();
    params.n_ctx          = prefix + n_seqs*steps;
    params.n_seq_max      = n_seqs;
    params.attn_criterion = criterion;
    params.attn_page      = 8;

    sequence_model sequences(*loaded.model, m, params);
    CHECK(sol_context_n_ctx(&sequences.get()) == params.n_ctx, "the cache has %u cells instead of %u", sol_context_n_ctx(&sequences.get()), params.n_ctx);

    std::mt19937 rng(seed);

    token_batch shared;
    for (llama_pos pos = 0; pos < prefix; ++pos) {
        shared.add(random_token(m, rng), pos, 0, pos == prefix - 1, schedule(rng));
    }
    CHECK(sequences.decode(shared, true), "no room for the prefix");
    for (llama_seq_id seq = 1; seq < n_seqs; ++seq) {
        CHECK(sequences.copy(0, seq, 0, -1), "no window");
    }

    token_batch step;
    for (llama_pos pos = prefix; pos < prefix + steps; ++pos) {
        step = {};
        for (llama_seq_id seq = 0; seq < n_seqs; ++seq) {
            step.add(random_token(m, rng), pos, seq, true, schedule(rng));
        }
        CHECK(sequences.decode(step, true), "full at position %d", pos);
    }

    token_batch one_more;
    one_more.add(0, prefix + steps, 0, true, DENSE);
    CHECK(!sequences.decode(one_more, true), "the cache is not full");

    replay_result total;
    for (llama_seq_id seq = 0; seq < n_seqs; ++seq) {
        total.add(replay(*loaded.model, m, params, sequences.history(seq)));
    }
    check_replay(std::string("shared prefix, ") + arch, total);
    printf("%s: 16 sequences on one prefix, %d of %d choices differ, logits by %.1e\n", arch, (int) total.n_differ, (int) total.n_choices, total.logits);
}

// A sequence among five whose tokens were decoded between its own, in batches of their own: queries and keys of its first
// layer have the same bits as those of the sequence alone, and so the same pages are chosen there, without any tolerance.
void test_neighbours(const char * arch, sol_attn_criterion criterion, sol_attn_choice choice, uint32_t seed) {
    const loaded_model loaded(arch, seed);
    const tiny_model & m = loaded.m;

    sol_context_params params = small_context();
    params.n_ctx          = 768;
    params.n_seq_max      = 6;
    params.attn_criterion = criterion;
    params.attn_choice    = choice;
    params.attn_page      = 4;

    sequence_model sequences(*loaded.model, m, params);
    std::mt19937   rng(seed);

    llama_pos pos = 0;
    for (int round = 0; round < 40; ++round) {
        token_batch own;
        for (int32_t i = rng() % 3 ? 1 : 7; i > 0; --i) {
            own.add(random_token(m, rng), pos++, 0, true, schedule(rng));
        }
        CHECK(sequences.decode(own, true), "full");

        token_batch noise;
        for (llama_seq_id seq = 1; seq < 6; ++seq) {
            for (int32_t i = (int32_t) (rng() % 4), next = sequences.last(seq) + 1; i > 0; --i) {
                noise.add(random_token(m, rng), next++, seq, false, schedule(rng));
            }
        }
        CHECK(noise.size() == 0 || sequences.decode(noise, true), "full");

        const llama_seq_id forgetful = 1 + (llama_seq_id) (rng() % 5);
        sequences.remove(forgetful, sequences.last(forgetful) - (llama_pos) (rng() % 4), -1);
    }

    const replay_result res = replay(*loaded.model, m, params, sequences.history(0));
    check_replay(std::string("neighbours, ") + arch, res);
    CHECK(res.n_choices > 200, "only %d choices", (int) res.n_choices);
    CHECK(res.n_differ_first == 0, "%s: %d choices of pages in the first layer differ", arch, (int) res.n_differ_first);
    printf("%s: among neighbours, %d of %d choices differ, logits by %.1e\n", arch, (int) res.n_differ, (int) res.n_choices, res.logits);
}

// That the comparison sees one wrong page, in one layer of one token: half of such faults exceed the tolerance.
void test_power(const char * arch, uint32_t seed) {
    const loaded_model loaded(arch, seed);
    const tiny_model & m = loaded.m;

    sol_context_params params = small_context();
    params.attn_criterion = SOL_ATTN_QUEST;
    params.attn_page      = 4;

    sequence_model sequences(*loaded.model, m, params);
    std::mt19937   rng(seed);
    for (llama_pos pos = 0; pos < 60; ++pos) {
        token_batch step;
        step.add(random_token(m, rng), pos, 0, true, { 0.4f, 1.0f, 16 });
        CHECK(sequences.decode(step, true), "full");
    }

    int n_faults = 0;
    int n_seen   = 0;
    for (size_t i = 30; i < 60; ++i) {
        sequence_history history = sequences.history(0);
        auto token = std::make_shared<decoded_token>(*history[i].tokens[0]);
        auto & [part, keep] = *token->chosen.begin();

        const auto kept    = std::find(keep.begin(), keep.end(), 1);
        const auto dropped = std::find(keep.begin(), keep.end(), 0);
        if (kept == keep.end() || dropped == keep.end()) {
            continue;
        }
        std::swap(*kept, *dropped);

        history[i].tokens[0] = token;
        const replay_result res = replay(*loaded.model, m, params, history);
        ++n_faults;
        n_seen += res.logits > FUSED;
    }
    printf("%s: %d of %d wrong pages exceed the tolerance\n", arch, n_seen, n_faults);
    CHECK(n_faults >= 20 && 2*n_seen >= n_faults, "%s: %d of %d wrong pages exceed the tolerance", arch, n_seen, n_faults);
}

} // namespace

int main() {
    return run_test([] {
        test_shared_prefix("llama",  SOL_ATTN_QUEST, 21);
        test_shared_prefix("gemma3", SOL_ATTN_MEAN,  22);
        test_shared_prefix("lfm2",   SOL_ATTN_QUEST, 23);

        test_neighbours("llama",  SOL_ATTN_QUEST, SOL_ATTN_PER_KV_HEAD,    31);
        test_neighbours("llama",  SOL_ATTN_MEAN,  SOL_ATTN_PER_QUERY_HEAD, 32);
        test_neighbours("gemma3", SOL_ATTN_QUEST, SOL_ATTN_SHARED,         33);

        test_power("llama", 41);
    });
}
