// mlp_keep and act_bits against an oracle, on every tiny architecture: neurons in groups and channels of the input, rounded
// inputs and outputs, dense, shared and routed MLPs; masked, and by kernels that read only what is kept, of every type that they have a
// layout for.

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
        CHECK(info.mlp_skips == units.mlp_skips, "%s layer %d: units are %sskipped", m.arch.c_str(), (int) il, info.mlp_skips ? "" : "not ");
        CHECK(info.act_bits, "%s layer %d: bits are not reached", m.arch.c_str(), (int) il);
    }

    std::mt19937 rng(6);

    llama_pos pos = 0;
    for (const int32_t n : { 11, 1, 4, 1, 5, 3, 2, 1 }) {
        token_batch batch;
        for (int32_t i = 0; i < n; ++i) {
            batch.add(random_token(m, rng), pos++, 0, true, random_knobs(rng));
            if (n == 2 || (n == 1 && pos > 20)) {
                batch.knobs[i].mlp_keep = 1.0f; // all of them: nothing to leave out
            }
        }
        batch.knobs[0] = n == 4 ? DENSE : batch.knobs[0];

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

void test_model(const tiny_model & m, sol_model & model, int32_t execution) {
    for (const int32_t site : { SOL_BITS_OUTPUT, SOL_BITS_INPUT }) {
        for (const bool replace_choices : { false, true }) {
            sol_context_params params = small_context();
            params.execution = execution;
            params.bits_site = site;

            for (const int32_t group : { 1, 8, 32 }) {
                params.mlp_group = group;
                test_context(m, model, params, replace_choices);
            }
            params.mlp_criterion = SOL_MLP_CHANNEL;
            test_context(m, model, params, replace_choices);
        }
    }
}

void test_arch(const std::string & arch) {
    const temp_dir   dir;
    const tiny_model m = make_tiny_model(arch, 100);
    write_tiny_model(m, dir/"model.gguf");

    const model_ptr model = load_model(dir/"model.gguf");

    test_model(m, *model, SOL_EXECUTION_REFERENCE);
    printf("%s: MLPs equal the oracle's\n", arch.c_str());
}

// As a file of another type has it. With a type for which there is no layout nothing is skipped.
void test_type(const std::string & arch, llama_ftype ftype, ggml_type down) {
    const temp_dir dir;

    tiny_model m = make_tiny_model(arch, 100, /*n_ff =*/ ggml_blck_size(down) == 256 ? 256 : 128);
    write_tiny_model(m, dir/"f32.gguf");
    CHECK_OK(sol_model_quantize((dir/"f32.gguf").c_str(), (dir/"model.gguf").c_str(), ftype, 1));
    read_tiny_model(m, dir/"model.gguf");

    const auto name = std::string("blk.0.ffn_down") + (arch == "qwen2moe" ? "_shexp" : "") + ".weight";
    CHECK(m.tensors.at(name).type == down, "%s: %s is %s", arch.c_str(), name.c_str(), ggml_type_name(m.tensors.at(name).type));

    const model_ptr model = load_model(dir/"model.gguf");

    test_model(m, *model, SOL_EXECUTION_SKIP);

    sol_context_params params = small_context();
    test_context(m, *model, params, false);

    if (arch == "llama" && down == GGML_TYPE_Q8_0) { // one is enough: threads are slow to meet on a busy machine
        params.execution = SOL_EXECUTION_SKIP;
        for (const int32_t n_threads : { 2, 3 }) {
            params.n_threads = params.n_threads_batch = n_threads;
            test_context(m, *model, params, false);
        }
    }
    printf("%s: so they do of %s\n", arch.c_str(), ggml_type_name(down));
}

} // namespace

int main() {
    return run_test([] {
        for (const std::string & arch : tiny_model_archs()) {
            test_arch(arch);
        }
        for (const char * arch : { "llama", "gemma3", "qwen2moe" }) { // SiLU, GELU, a shared expert
            test_type(arch, LLAMA_FTYPE_MOSTLY_F16,  GGML_TYPE_F16);
            test_type(arch, LLAMA_FTYPE_MOSTLY_BF16, GGML_TYPE_BF16);
            test_type(arch, LLAMA_FTYPE_MOSTLY_Q8_0, GGML_TYPE_Q8_0);
            test_type(arch, LLAMA_FTYPE_MOSTLY_Q4_0, GGML_TYPE_Q4_0);
        }
        test_type("llama", LLAMA_FTYPE_MOSTLY_Q4_K_S, GGML_TYPE_Q4_K);
        test_type("llama", LLAMA_FTYPE_MOSTLY_Q6_K,   GGML_TYPE_Q6_K);
        test_type("qwen3", LLAMA_FTYPE_MOSTLY_Q5_0, GGML_TYPE_Q5_0);
        test_type("phi3",  LLAMA_FTYPE_MOSTLY_Q8_0, GGML_TYPE_Q8_0);
        test_type("gpt2",  LLAMA_FTYPE_MOSTLY_Q4_0, GGML_TYPE_Q4_0);
    });
}
