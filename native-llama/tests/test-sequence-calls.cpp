// Removing, sharing and moving positions: what is refused, and that a refusal changes nothing.

#include "sequence-support.h"

#include <climits>

namespace {

void test_shift_arguments() {
    const loaded_model loaded("llama");

    const auto prepare = [](sol_context & context) {
        decode(context, 0, 20);
        decode(context, 1, 10);
        CHECK_OK(sol_seq_cp(&context, 1, 2, 0, 5));
        decode(context, 2, 5);
    };
    check_unchanged(*loaded.model, three_sequences(), prepare, [](sol_context & context) {
        const auto refused = [&](const char * words, llama_seq_id seq, llama_pos p0, llama_pos p1, llama_pos delta) {
            check_refused(sol_seq_shift(&context, seq, p0, p1, delta), words, "shift of " + std::to_string(seq) + ", "
                    + std::to_string(p0) + "…" + std::to_string(p1) + " by " + std::to_string(delta));
        };
        refused("sequence", -1, 0, -1, 1);
        refused("sequence",  3, 0, -1, 1);
        refused("share", 1, 0, -1, 1);
        refused("share", 2, 4, 6, 20);
        refused("", 0, 0, 10, 1);          // onto positions 10
        refused("", 0, 10, -1, -1);        // onto position 9
        refused("", 0, 5, 6, -2);
        refused("", 0, 0, -1, -1);         // below 0
        refused("", 0, 5, -1, INT_MIN);
        refused("", 0, -1, -1, INT_MAX);   // beyond what a position can be
        refused("", 0, -1, -1, INT_MAX - 10);

        check_refused(sol_seq_shift(nullptr, 0, 0, -1, 1), "NULL", "shift without a context");
        CHECK_OK(sol_seq_shift(&context, 0, 0, -1, 0));
        CHECK_OK(sol_seq_shift(&context, 0, 30, 40, 5)); // there is nothing
    });

    // own cells beside shared ones move
    const context_ptr context = new_context(*loaded.model, three_sequences());
    prepare(*context);
    CHECK_OK(sol_seq_shift(context.get(), 2, 5, -1, 3));
    CHECK(last(*context, 2) == 12 && last(*context, 1) == 9, "sequences end at %d and %d", last(*context, 2), last(*context, 1));
    decode(*context, 2, 1);
}

// Learned position embeddings are added before the cache.
void test_unshiftable() {
    const loaded_model loaded("gpt2");
    check_unchanged(*loaded.model, three_sequences(), [](sol_context & context) { decode(context, 0, 20); },
            [](sol_context & context) { check_refused(sol_seq_shift(&context, 0, 0, -1, 3), "cannot be moved", "shift of learned positions"); });
}

// Relative positions are all that attention sees under rope: a whole sequence that moved goes on as before, but for the
// rounding of its rotated keys to F16.
void test_shift_rotates() {
    for (const bool saved : { false, true }) {
        const loaded_model loaded("qwen3");

        const context_ptr shifted = new_context(*loaded.model, three_sequences());
        decode(*shifted, 0, 30);
        CHECK_OK(sol_seq_shift(shifted.get(), 0, 0, -1, 11));
        if (saved) { // before the keys were rotated
            const std::vector<uint8_t> state = save(*shifted, 0);
            CHECK_OK(load(*shifted, 1, state));
        }

        const context_ptr still = new_context(*loaded.model, three_sequences());
        decode(*still, 0, 30);

        token_batch there;
        token_batch here;
        for (int32_t i = 0; i < 5; ++i) {
            there.add(40 + i, 41 + i, saved ? 1 : 0, true, DENSE);
            here .add(40 + i, 30 + i, 0, true, DENSE);
        }
        sol_batch view = there.view();
        CHECK_OK(sol_decode(shifted.get(), &view));
        view = here.view();
        CHECK_OK(sol_decode(still.get(), &view));
        for (int32_t i = 0; i < 5; ++i) {
            const float difference = max_difference(logits_of(*shifted, i), logits_of(*still, i));
            CHECK(difference <= 1e-2f, "token %d after a shift%s differs by %g", i, saved ? " that was saved" : "", difference);
        }
    }
}

// A recurrent state is of a whole sequence.
void test_recurrent() {
    const loaded_model loaded("lfm2");
    check_unchanged(*loaded.model, three_sequences(), [](sol_context & context) {
                decode(context, 0, 20);
                decode(context, 1, 10);
            }, [](sol_context & context) {
                check_refused(sol_seq_rm(&context, 0, 10, -1), "part of a sequence", "removal of a tail");
                check_refused(sol_seq_rm(&context, 0, 3, 5),   "part of a sequence", "removal of a middle");
                check_refused(sol_seq_cp(&context, 0, 2, 0, 10),  "recurrent", "copy of a prefix");
                check_refused(sol_seq_cp(&context, 0, 2, 1, -1),  "recurrent", "copy of a tail");
                check_refused(sol_seq_cp(&context, 0, 1, 0, -1),  "recurrent", "copy onto another");
            });
}

// A position of a sequence has one cell.
void test_copy_arguments() {
    for (const char * arch : { "llama", "gemma3" }) {
        const loaded_model loaded(arch);
        check_unchanged(*loaded.model, three_sequences(), [](sol_context & context) {
                    decode(context, 0, 20);
                    CHECK_OK(sol_seq_cp(&context, 0, 1, 0, 10));
                }, [](sol_context & context) {
                    check_refused(sol_seq_cp(&context, 0, 1, 0, 10), "already has position", "the same copy again");
                    check_refused(sol_seq_cp(&context, 0, 1, 9, -1), "already has position 9", "a copy that overlaps");
                    check_refused(sol_seq_cp(&context, 0, 3, 0, -1), "sequence", "a copy to no sequence");
                    check_refused(sol_seq_cp(&context, -1, 0, 0, -1), "sequence", "a copy of no sequence");
                    CHECK_OK(sol_seq_cp(&context, 0, 0, 0, -1));
                });

        // the rest of it
        const context_ptr context = new_context(*loaded.model, three_sequences());
        decode(*context, 0, 20);
        CHECK_OK(sol_seq_cp(context.get(), 0, 1, 0, 10));
        CHECK_OK(sol_seq_cp(context.get(), 0, 1, 10, -1));
        CHECK(next_logits(*context, 1) == next_logits(*context, 0), "%s: two halves of a copy are not the whole", arch);
        CHECK_OK(sol_seq_rm(context.get(), 1, -1, -1));
        CHECK(last(*context, 1) == -1 && last(*context, 0) == 20, "sequences end at %d and %d", last(*context, 0), last(*context, 1));
    }
}

} // namespace

int main() {
    return run_test([] {
        test_shift_arguments();
        test_unshiftable();
        test_shift_rotates();
        test_recurrent();
        test_copy_arguments();
        printf("positions are removed, shared and moved, or that is refused\n");
    });
}
