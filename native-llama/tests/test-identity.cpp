// test-identity STOCK-LOGITS [MODEL.gguf…]: with dense knobs, and without knobs, the logits have the bits of the unpatched
// llama.cpp. On tiny models of every architecture, some of them quantised, and on the models given.

#include "test-support.h"

#include "identity-workload.h"

#include <cstdlib>
#include <cstring>
#include <fstream>

namespace {

std::vector<float> stock_logits(const std::string & program, const std::string & model, const std::string & out) {
    const std::string command = "'" + program + "' '" + model + "' '" + out + "'";
    CHECK(std::system(command.c_str()) == 0, "%s failed", command.c_str());

    std::ifstream in(out, std::ios::binary | std::ios::ate);
    std::vector<float> res((size_t) in.tellg()/sizeof(float));
    in.seekg(0);
    in.read((char *) res.data(), (std::streamsize) (res.size()*sizeof(float)));
    CHECK(in && !res.empty(), "%s cannot be read", out.c_str());
    return res;
}

void compare(const std::string & path, const std::vector<float> & stock, bool with_knobs) {
    const model_ptr model   = load_model(path);
    const int32_t   n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(sol_model_llama(model.get())));

    size_t offset = 0;

    for (const identity_run & run : identity_runs(n_vocab)) {
        sol_context_params params = sol_context_default_params();
        params.n_ctx      = IDENTITY_N_CTX;
        params.n_batch    = IDENTITY_N_BATCH;
        params.n_ubatch   = run.n_ubatch;
        params.n_seq_max  = run.n_seq_max;
        params.n_threads  = params.n_threads_batch = run.n_threads;
        params.flash_attn = run.flash_attn;

        const context_ptr context = new_context(*model, params);

        for (const identity_batch & b : run.batches) {
            token_batch batch;
            for (size_t i = 0; i < b.token.size(); ++i) {
                batch.add(b.token[i], b.pos[i], b.seq_id[i], true, DENSE);
            }

            const sol_batch view = batch.view(with_knobs);
            CHECK_OK(sol_decode(context.get(), &view));

            for (int32_t i = 0; i < batch.size(); ++i, offset += n_vocab) {
                CHECK(offset + n_vocab <= stock.size(), "the unpatched run has only %zu logits", stock.size());
                CHECK(memcmp(logits_of(*context, i).data(), stock.data() + offset, n_vocab*sizeof(float)) == 0,
                        "%s, %s, %s knobs: token %d at position %d differs", path.c_str(), run.name.c_str(),
                        with_knobs ? "dense" : "no", i, b.pos[i]);
            }
        }
    }
    CHECK(offset == stock.size(), "compared %zu of %zu logits", offset, stock.size());
}

} // namespace

int main(int argc, char ** argv) {
    return run_test([&] {
        CHECK(argc >= 2, "usage: %s STOCK-LOGITS [MODEL.gguf…]", argv[0]);

        const temp_dir dir;

        std::vector<std::string> models(argv + 2, argv + argc);

        std::vector<std::string> archs = tiny_model_archs();
        archs.emplace_back("lfm2");

        for (const std::string & arch : archs) {
            const std::string f32 = dir/(arch + ".gguf");
            write_tiny_model(make_tiny_model(arch, 5, /*n_ff =*/ 128), f32);
            models.push_back(f32);
        }
        for (const auto & [name, ftype] : { std::pair { "F16", LLAMA_FTYPE_MOSTLY_F16 }, { "Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0 }, { "Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0 } }) {
            for (const char * arch : { "llama", "phi3", "qwen2moe" }) {
                const std::string out = dir/(std::string(arch) + "-" + name + ".gguf");
                CHECK_OK(sol_model_quantize((dir/(std::string(arch) + ".gguf")).c_str(), out.c_str(), ftype, 1));
                models.push_back(out);
            }
        }

        for (const std::string & path : models) {
            const auto stock = stock_logits(argv[1], path, dir/"logits");

            compare(path, stock, /*with_knobs =*/ false);
            compare(path, stock, /*with_knobs =*/ true);
            printf("%s: the same bits (%zu logits)\n", std::filesystem::path(path).filename().c_str(), stock.size());
        }
    });
}
