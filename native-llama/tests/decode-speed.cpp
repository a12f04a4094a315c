// decode-speed MODEL.gguf THREADS STEPS [DEPTH]: the median time of a single-token decode at that depth, in µs. Built twice: against
// the unpatched llama.cpp, and against ours as a request without a budget runs (SOL_KNOBS unset) or with knobs that are
// dense (SOL_KNOBS=dense). `build.sh overhead` compares them.

#include "llama.h"

#ifdef SOL_PATCHED
#include "sol.h"
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

[[maybe_unused]] static void quiet(ggml_log_level level, const char * text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR) {
        fputs(text, stderr);
    }
}

int main(int argc, char ** argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s MODEL.gguf THREADS STEPS [DEPTH]\n", argv[0]);
        return 2;
    }

    const int n_threads = atoi(argv[2]);
    const int n_steps   = atoi(argv[3]);
    const int depth     = argc > 4 ? atoi(argv[4]) : 16;
    const int n_ctx     = depth + n_steps;

#ifdef SOL_PATCHED
    const char * setting = getenv("SOL_KNOBS");
    const bool   dense   = setting && strcmp(setting, "dense") == 0;

    sol_model_params mparams = sol_model_default_params();
    mparams.use_mmap = false;
    sol_model * model;
    if (sol_model_load(argv[1], &mparams, &model) != SOL_OK) {
        fprintf(stderr, "%s\n", sol_last_error());
        return 1;
    }

    sol_context_params params = sol_context_default_params();
    params.n_ctx     = n_ctx;
    params.n_threads = params.n_threads_batch = n_threads;
    sol_context * context;
    if (sol_context_create(model, &params, &context) != SOL_OK) {
        fprintf(stderr, "%s\n", sol_last_error());
        return 1;
    }

    const auto decode = [&](int n, int pos) {
        std::vector<llama_token>  token(n, 1);
        std::vector<llama_pos>    positions(n);
        std::vector<llama_seq_id> seq(n, 0);
        std::vector<int8_t>       output(n, 0);
        std::vector<sol_knobs>    knobs(n, sol_knobs { 1.0f, 1.0f, 16 });
        for (int i = 0; i < n; ++i) {
            positions[i] = pos + i;
        }
        output[n - 1] = 1;
        const sol_batch batch = { n, token.data(), positions.data(), seq.data(), output.data(), dense ? knobs.data() : nullptr };
        return sol_decode(context, &batch) == SOL_OK;
    };
#else
    llama_log_set(quiet, nullptr);

    llama_model_params mparams = llama_model_default_params();
    mparams.load_mode = LLAMA_LOAD_MODE_NONE;
    llama_model * model = llama_model_load_from_file(argv[1], mparams);
    if (!model) {
        return 1;
    }

    llama_context_params params = llama_context_default_params();
    params.n_ctx           = n_ctx;
    params.n_batch         = 2048;
    params.n_ubatch        = 512;
    params.n_threads       = params.n_threads_batch = n_threads;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    params.kv_unified      = true;
    params.no_perf         = true;
    llama_context * context = llama_init_from_model(model, params);
    if (!context) {
        return 1;
    }

    const auto decode = [&](int n, int) {
        std::vector<llama_token> token(n, 1);
        const bool ok = llama_decode(context, llama_batch_get_one(token.data(), n)) == 0;
        llama_synchronize(context);
        return ok;
    };
#endif

    for (int pos = 0; pos < depth; ) {
        const int n = std::min(512, depth - pos);
        if (!decode(n, pos)) {
            return 1;
        }
        pos += n;
    }

    std::vector<double> times;
    for (int i = 0; i < n_steps; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        if (!decode(1, depth + i)) {
            return 1;
        }
        times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }

    std::nth_element(times.begin(), times.begin() + n_steps/2, times.end());
    printf("%.2f\n", times[n_steps/2]);
}
