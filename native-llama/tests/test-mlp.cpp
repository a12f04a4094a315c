// mlp_keep and act_bits against an oracle, on every tiny architecture: neurons in groups and channels of the input, rounded
// inputs and outputs, dense, shared and routed MLPs.

#include "oracle-mlp.h"
#include "test-support.h"

#include <cstring>

namespace {

void test_context(const tiny_model & m, sol_model & model, const sol_context_params & params, bool replace_choices) {
    graph_observer seen;
    seen.names = { "ffn_norm" };

    choice_recorder choices;
    choices.replaces = replace_choices;

    const auto context = sol_context_make(model, params, graph_observer::callback, &seen);
    context->state->choices = &choices;

    const sol_layer_info units = mlp_oracle::units(m, params);
    for (int64_t il = 0; il < m.n_layer; ++il) {
        sol_layer_info info;
        CHECK_OK(sol_context_layer_info(context.get(), (int32_t) il, &info));

        CHECK(info.attn == (m.is_sliding(il) ? SOL_ATTN_SLIDING : SOL_ATTN_FULL), "%s layer %d: attention class %d", m.arch.c_str(), (int) il, info.attn);
        CHECK(info.mlp_units    == units.mlp_units,    "%s layer %d: %d units",        m.arch.c_str(), (int) il, info.mlp_units);
        CHECK(info.shared_units == units.shared_units, "%s layer %d: %d shared units", m.arch.c_str(), (int) il, info.shared_units);
        CHECK(info.routed_units == units.routed_units, "%s layer %d: %d routed units", m.arch.c_str(), (int) il, info.routed_units);
        CHECK(info.act_bits, "%s layer %d: bits are not reached", m.arch.c_str(), (int) il);
    }

    std::mt19937 rng(6);

    llama_pos pos = 0;
    for (const int32_t n : { 11, 1, 5, 1 }) {
        token_batch batch;
        for (int32_t i = 0; i < n; ++i) {
            batch.add(random_token(m, rng), pos++, 0, true, random_knobs(rng));
        }
        batch.knobs[0] = n == 5 ? DENSE : batch.knobs[0];

        seen.clear();
        choices.clear();
        const sol_batch view = batch.view();
        CHECK_OK(sol_decode(context.get(), &view));

        const mlp_oracle oracle(m, params, seen, choices);

        for (int32_t i = 0; i < n; ++i) {
            sol_usage expected {};
            for (int64_t il = 0; il < m.n_layer; ++il) {
                oracle.check(il, i, batch.knobs[i], expected);
            }

            sol_usage usage;
            CHECK_OK(sol_get_usage(context.get(), i, &usage));
            CHECK(usage.mlp_kept == expected.mlp_kept && usage.mlp_units == expected.mlp_units
                    && usage.shared_kept == expected.shared_kept && usage.shared_units == expected.shared_units
                    && usage.routed_kept == expected.routed_kept && usage.routed_units == expected.routed_units,
                    "%s: counters of token %d: mlp %d/%d shared %d/%d routed %d/%d, expected %d/%d, %d/%d and %d/%d", m.arch.c_str(), i,
                    (int) usage.mlp_kept, (int) usage.mlp_units, (int) usage.shared_kept, (int) usage.shared_units, (int) usage.routed_kept, (int) usage.routed_units,
                    (int) expected.mlp_kept, (int) expected.mlp_units, (int) expected.shared_kept, (int) expected.shared_units, (int) expected.routed_kept, (int) expected.routed_units);
        }
    }
}

void test_arch(const std::string & arch) {
    const temp_dir   dir;
    const tiny_model m = make_tiny_model(arch, 100);
    write_tiny_model(m, dir/"model.gguf");

    const model_ptr model = load_model(dir/"model.gguf");

    for (const int32_t site : { SOL_BITS_OUTPUT, SOL_BITS_INPUT }) {
        for (const bool replace_choices : { false, true }) {
            sol_context_params params = small_context();
            params.bits_site = site;

            for (const int32_t group : { 1, 8, 32 }) {
                params.mlp_group = group;
                test_context(m, *model, params, replace_choices);
            }
            params.mlp_criterion = SOL_MLP_CHANNEL;
            test_context(m, *model, params, replace_choices);
        }
    }
    printf("%s: MLPs equal the oracle's\n", arch.c_str());
}

} // namespace

int main() {
    return run_test([] {
        for (const std::string & arch : tiny_model_archs()) {
            test_arch(arch);
        }
    });
}
