// Saved sequences: what is refused, and that a refusal changes nothing.

#include "sequence-support.h"

namespace {

// A saved state is taken by other contexts of the model, which go on as the saved one would, but for the rounding of another
// layout of the cells.
void test_other_contexts(const loaded_model & loaded) {
    const char * arch = loaded.m.arch.c_str();

    const context_ptr from = new_context(*loaded.model, three_sequences());
    decode(*from, 1, 40);
    const auto state = save(*from, 1);
    CHECK(save(*from, 1) == state, "%s: saving twice differs", arch);

    sol_context_params params = three_sequences();
    params.n_ctx = 512;
    const context_ptr to = new_context(*loaded.model, params);
    decode(*to, 2, 9); // the restored cells lie elsewhere
    decode(*to, 0, 3);
    CHECK_OK(load(*to, 0, state));
    CHECK(last(*to, 0) == 39 && last(*to, 2) == 8, "%s: sequences end at %d and %d", arch, last(*to, 0), last(*to, 2));
    CHECK(save(*to, 0).size() == state.size(), "%s: the restored state is larger or smaller", arch);

    const float difference = max_difference(next_logits(*to, 0), next_logits(*from, 1));
    CHECK(difference <= 1e-2f, "%s: the restored sequence goes on with a difference of %g", arch, difference);

    // an empty one
    const auto nothing = save(*from, 2);
    CHECK_OK(load(*to, 0, nothing));
    CHECK(last(*to, 0) == -1 && last(*to, 2) == 8, "%s: sequences end at %d and %d", arch, last(*to, 0), last(*to, 2));
    decode(*to, 0, 2);
}

void test_save_arguments() {
    const loaded_model loaded("llama");
    const context_ptr  context = new_context(*loaded.model, three_sequences());
    decode(*context, 0, 20);

    std::vector<uint8_t> state = save(*context, 0);
    size_t               size  = 0;

    // a buffer may be larger than its state
    std::vector<uint8_t> larger(state.size() + 100);
    CHECK_OK(sol_seq_save(context.get(), 0, larger.data(), larger.size()));
    CHECK_OK(load(*context, 1, larger));
    CHECK(save(*context, 1) != save(*context, 2) && last(*context, 1) == 19, "sequence 1 ends at %d", last(*context, 1));

    check_refused(sol_seq_state_size(context.get(), 3, &size), "sequence", "size of no sequence");
    check_refused(sol_seq_state_size(context.get(), 0, nullptr), "NULL", "size without room");
    check_refused(sol_seq_state_size(nullptr, 0, &size), "NULL", "size without a context");
    check_refused(sol_seq_save(context.get(), -1, state.data(), state.size()), "sequence", "save of no sequence");
    check_refused(sol_seq_save(context.get(), 0, nullptr, state.size()), "NULL", "save without room");
    check_refused(sol_seq_load(context.get(), 3, state.data(), state.size()), "sequence", "load of no sequence");
    check_refused(sol_seq_load(context.get(), 0, nullptr, state.size()), "NULL", "load of nothing");
    for (const size_t n : { (size_t) 0, (size_t) 1, state.size()/2, state.size() - 1 }) {
        check_refused(sol_seq_save(context.get(), 0, state.data(), n), "", "save to " + std::to_string(n) + " bytes");
    }
}

// Damaged and foreign states.
void test_load_refuses(const char * arch, int n_flips) {
    const loaded_model loaded(arch);
    std::mt19937       rng(5);

    const auto prepare = [](sol_context & context) {
        decode(context, 0, 20);
        decode(context, 1, 10);
    };

    std::vector<uint8_t> state;
    {
        const context_ptr context = new_context(*loaded.model, three_sequences());
        decode(*context, 2, 30);
        state = save(*context, 2);
    }

    check_unchanged(*loaded.model, three_sequences(), prepare, [&](sol_context & context) {
        for (size_t n = 0; n < state.size(); n += n < 64 ? 1 : 1 + rng() % (state.size()/16)) {
            check_refused(load(context, 0, { state.begin(), state.begin() + (int64_t) n }), "", "a state cut to " + std::to_string(n) + " bytes");
        }
        std::vector<uint8_t> garbage(state.size());
        for (int i = 0; i < 50; ++i) {
            for (uint8_t & byte : garbage) {
                byte = (uint8_t) rng();
            }
            check_refused(load(context, 0, garbage), "", "random bytes");
        }

        const auto check_foreign = [&](const char * what, const char * other_arch, uint32_t seed, bool flash_attn) {
            const loaded_model other(other_arch, seed);
            sol_context_params params = three_sequences();
            params.flash_attn = flash_attn;
            const context_ptr from = new_context(*other.model, params);
            decode(*from, 0, 30);
            check_refused(load(context, 0, save(*from, 0)), "", what);
        };
        check_foreign("the state of another architecture", strcmp(arch, "qwen2") == 0 ? "llama" : "qwen2", 1, true);
        check_foreign("the state of a model with other weights", arch, 2, true);
    });

    // either refused or loaded: no crash, and the context still works
    const context_ptr context = new_context(*loaded.model, three_sequences());
    prepare(*context);
    int n_refused = 0;
    for (int i = 0; i < n_flips; ++i) {
        auto flipped = state;
        for (int32_t n = 1 + (int32_t) (rng() % 3); n > 0; --n) {
            const size_t where = rng() % 2 ? rng() % flipped.size() : rng() % std::min<size_t>(512, flipped.size());
            flipped[where] ^= (uint8_t) (1u << rng() % 8);
        }
        const llama_pos  before = last(*context, 0);
        const sol_status status = load(*context, 0, flipped);
        CHECK(status == SOL_OK || status == SOL_INVALID_ARGUMENT, "status %d for flipped bits: %s", status, sol_last_error());
        if (status == SOL_OK) {
            decode(*context, 0, 1);
            CHECK_OK(sol_seq_rm(context.get(), 0, -1, -1));
            decode(*context, 0, 5);
        } else {
            ++n_refused;
            CHECK(last(*context, 0) == before, "a refused load changed the end from %d to %d", before, last(*context, 0));
        }
        CHECK(last(*context, 1) == 9, "another sequence ends at %d", last(*context, 1));
    }
    CHECK_OK(load(*context, 0, state));
    decode(*context, 0, 1);
    printf("%s: %d of %d states with flipped bits refused\n", arch, n_refused, n_flips);
}

// The cache without flash attention has its values transposed.
void test_other_layout() {
    const loaded_model loaded("llama");
    sol_context_params params = three_sequences();
    params.flash_attn = false;
    const context_ptr from = new_context(*loaded.model, params);
    decode(*from, 0, 30);
    const auto state = save(*from, 0);

    check_unchanged(*loaded.model, three_sequences(), [](sol_context & context) { decode(context, 0, 20); },
            [&](sol_context & context) { check_refused(load(context, 0, state), "", "a state of a cache without flash attention"); });
}

void test_full_cache() {
    const loaded_model loaded("llama");
    const context_ptr  context = new_context(*loaded.model, three_sequences());
    decode(*context, 0, 60);
    const auto state = save(*context, 0);
    decode(*context, 1, 100);
    decode(*context, 2, 40);

    // 56 cells are left
    const sol_status status = load(*context, 2, state); // and 40 of its own
    CHECK(status == SOL_OK, "status %d: %s", status, sol_last_error());
    decode(*context, 1, 36);
    CHECK(try_decode(*context, 1, 1) == SOL_KV_CACHE_FULL, "the cache is not full");

    CHECK_OK(sol_seq_rm(context.get(), 2, 10, -1));
    decode(*context, 1, 50);
    CHECK(load(*context, 2, state) == SOL_KV_CACHE_FULL, "60 positions went into 10 cells");
    CHECK(last(*context, 2) == -1 && last(*context, 0) == 59 && last(*context, 1) == 185, "sequences end at %d, %d, %d",
            last(*context, 0), last(*context, 1), last(*context, 2));
    decode(*context, 2, 10);
    CHECK(try_decode(*context, 2, 1) == SOL_KV_CACHE_FULL, "the cache is not full");
}

// A saved state has what sliding layers still see. Going back behind it would leave holes in their window.
void test_lost_window() {
    const loaded_model loaded("gemma3");
    const context_ptr  context = new_context(*loaded.model, three_sequences());
    decode(*context, 0, 60);
    CHECK_OK(load(*context, 1, save(*context, 0)));

    check_refused(sol_seq_rm(context.get(), 1, 50, -1), "window", "going back behind the window");
    check_refused(sol_seq_cp(context.get(), 1, 2, 0, 50), "window", "a copy that ends before it");
    CHECK(last(*context, 1) == 59 && last(*context, 2) == -1, "sequences end at %d and %d", last(*context, 1), last(*context, 2));
    CHECK(max_difference(next_logits(*context, 1), next_logits(*context, 0)) <= 1e-2f, "the sequence changed");

    CHECK_OK(sol_seq_rm(context.get(), 1, 60, -1));
    CHECK_OK(sol_seq_rm(context.get(), 1, -1, -1)); // all of it: nothing is missing
    decode(*context, 1, 5);
    CHECK_OK(sol_seq_rm(context.get(), 0, 30, -1)); // these cells nobody has needed yet
}

} // namespace

int main() {
    return run_test([] {
        for (const char * arch : { "llama", "gemma3", "lfm2" }) {
            test_other_contexts(loaded_model(arch));
        }
        test_other_contexts(loaded_model("llama", LLAMA_FTYPE_MOSTLY_Q4_0));
        test_save_arguments();
        test_load_refuses("llama",  500);
        test_load_refuses("gemma3", 200);
        test_load_refuses("lfm2",   200);
        test_other_layout();
        test_full_cache();
        test_lost_window();
        printf("saved sequences come back, or are refused\n");
    });
}
