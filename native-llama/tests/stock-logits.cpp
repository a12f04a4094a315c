// stock-logits MODEL.gguf OUT: the logits of the identity workload from the unpatched llama.cpp, as raw F32. Linked with the
// libraries of `build.sh stock`.

#include "identity-workload.h"

#include <cstdio>

int main(int argc, char ** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL.gguf OUT\n", argv[0]);
        return 2;
    }

    llama_log_set([](ggml_log_level level, const char * text, void *) {
        if (level == GGML_LOG_LEVEL_ERROR) {
            fputs(text, stderr);
        }
    }, nullptr);

    llama_model * model = llama_model_load_from_file(argv[1], llama_model_default_params());
    FILE *        out   = fopen(argv[2], "wb");
    if (!model || !out) {
        return 1;
    }

    const int32_t n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));

    for (const identity_run & run : identity_runs(n_vocab)) {
        llama_context * context = llama_init_from_model(model, identity_params(run));

        for (const identity_batch & b : run.batches) {
            const int32_t n = (int32_t) b.token.size();

            llama_batch batch = llama_batch_init(n, 0, 1);
            for (int32_t i = 0; i < n; ++i) {
                batch.token    [i]    = b.token[i];
                batch.pos      [i]    = b.pos[i];
                batch.n_seq_id [i]    = 1;
                batch.seq_id   [i][0] = b.seq_id[i];
                batch.logits   [i]    = 1;
            }
            batch.n_tokens = n;

            if (llama_decode(context, batch) != 0) {
                return 1;
            }
            for (int32_t i = 0; i < n; ++i) {
                fwrite(llama_get_logits_ith(context, i), sizeof(float), n_vocab, out);
            }
            llama_batch_free(batch);
        }
        llama_free(context);
    }

    llama_model_free(model);
    return fclose(out) == 0 ? 0 : 1;
}
