// stock-decode: times single-token decodes of the unpatched llama.cpp, on command. `sol bench` runs it in turns with ours, so it
// computes only while it owes an answer: between answers it sleeps on its input, and its threads are gone or paused.
//
// Its first line says what it is: `stock-decode 1 SYSTEM`, with llama.cpp's line about the CPU. Then each line of the input is
// a command, answered by one line: `ok`, with results after blanks, or `error MESSAGE`.
//
//   load THREADS POOL N_CTX KV_TYPE FILE   POOL: `none`, threads are made for each decode, the library's default, or `kept`, they
//                                          stay and poll for work during `steps`, as in llama.cpp's own tools. KV_TYPE: f16, q8_0
//   fill DEPTH                             makes the KV cache hold that many positions
//   steps N                                N decodes of one token at the depth; their times in ms
//   quit                                   as the end of the input does

#include "llama.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// The prompt that a cache is filled with.
constexpr int SEED_TOKENS = 32;

std::string last_error;

void keep_errors(ggml_log_level level, const char * text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR) {
        last_error = text;
    }
}

[[noreturn]] void fail(const std::string & what) {
    throw std::runtime_error(last_error.empty() ? what : what + ": " + last_error);
}

struct free_model   { void operator()(llama_model   * p) const { llama_model_free(p); } };
struct free_context { void operator()(llama_context * p) const { llama_free(p); } };
struct free_pool    { void operator()(ggml_threadpool * p) const { ggml_threadpool_free(p); } };

class session {
public:
    void load(int threads, const std::string & pool_kind, int n_ctx, const std::string & kv_type, const std::string & file) {
        context.reset();
        pool.reset();
        model.reset();

        llama_model_params mparams = llama_model_default_params();
        mparams.load_mode = LLAMA_LOAD_MODE_NONE; // file-backed pages may be reclaimed while they are timed
        model.reset(llama_model_load_from_file(file.c_str(), mparams));
        if (!model) {
            fail("cannot load " + file);
        }
        n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model.get()));

        if (kv_type != "f16" && kv_type != "q8_0") {
            fail("no KV type " + kv_type);
        }

        llama_context_params params = llama_context_default_params();
        params.n_ctx           = n_ctx;
        params.n_batch         = SEED_TOKENS;
        params.n_ubatch        = SEED_TOKENS;
        params.n_seq_max       = 2; // the second is for filling the cache
        params.n_threads       = threads;
        params.n_threads_batch = threads;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
        params.type_k          = kv_type == "q8_0" ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
        params.type_v          = params.type_k;
        params.kv_unified      = true;
        params.no_perf         = true;
        context.reset(llama_init_from_model(model.get(), params));
        if (!context) {
            fail("cannot make a context");
        }

        if (pool_kind == "kept") {
            ggml_threadpool_params tparams = ggml_threadpool_params_default(threads);
            tparams.paused = true;
            pool.reset(ggml_threadpool_new(&tparams));
            if (!pool) {
                fail("cannot make a thread pool");
            }
            llama_attach_threadpool(context.get(), pool.get(), pool.get());
        } else if (pool_kind != "none") {
            fail("no pool " + pool_kind);
        }
    }

    // A prompt is decoded, and its state is loaded behind what is there, twice as much each time: keys and values of a long
    // prefill cannot be told from these by their time.
    void fill(int wanted) {
        llama_memory_clear(llama_get_memory(loaded()), true);
        depth = 0;
        decode(std::min(wanted, SEED_TOKENS));

        std::vector<std::vector<uint8_t>> states; // of SEED_TOKENS, twice as many, …
        while (depth > 0 && 2*depth <= wanted) {
            states.push_back(save());
            append(states.back(), depth);
        }
        for (int i = (int) states.size() - 1; i >= 0; --i) {
            const int n = SEED_TOKENS << i;
            if (depth + n <= wanted) {
                append(states[i], n);
            }
        }
        decode(wanted - depth);
    }

    std::vector<double> steps(int n) {
        loaded();
        std::vector<double> times;
        for (int i = 0; i < n; ++i) {
            times.push_back(step());
        }
        if (pool) {
            ggml_threadpool_pause(pool.get());
        }
        return times;
    }

private:
    llama_context * loaded() const {
        if (!context) {
            fail("no model is loaded");
        }
        return context.get();
    }

    std::vector<uint8_t> save() const {
        std::vector<uint8_t> state(llama_state_seq_get_size(context.get(), 0));
        if (llama_state_seq_get_data(context.get(), state.data(), state.size(), 0) != state.size()) {
            fail("cannot read the KV cache at " + std::to_string(depth) + " positions");
        }
        return state;
    }

    // Puts a state of n positions from 0 behind those that there are.
    void append(const std::vector<uint8_t> & state, int n) {
        llama_memory_t memory = llama_get_memory(context.get());
        if (llama_state_seq_set_data(context.get(), state.data(), state.size(), 1) != state.size()) {
            fail("cannot copy " + std::to_string(n) + " positions of the KV cache behind " + std::to_string(depth));
        }
        llama_memory_seq_add(memory, 1, 0, -1, depth);
        llama_memory_seq_cp (memory, 1, 0, -1, -1);
        llama_memory_seq_rm (memory, 1, -1, -1);
        depth += n;
        step(); // moves the keys, before their state is read
    }

    // One token at the depth, which stays. Returns ms.
    double step() {
        const auto begin = std::chrono::steady_clock::now();
        decode(1);
        const auto end = std::chrono::steady_clock::now();
        --depth;
        if (!llama_memory_seq_rm(llama_get_memory(context.get()), 0, depth, -1)) {
            fail("the model cannot forget a position");
        }
        return std::chrono::duration<double, std::milli>(end - begin).count();
    }

    // The next n tokens, at most SEED_TOKENS; the last one's logits are wanted.
    void decode(int n) {
        if (n == 0) {
            return;
        }
        for (int i = 0; i < n; ++i) {
            positions[i] = depth + i;
            tokens[i]    = (llama_token) (positions[i] * 7919LL % n_vocab);
            outputs[i]   = i == n - 1;
        }
        llama_batch batch = {};
        batch.n_tokens = n;
        batch.token    = tokens;
        batch.pos      = positions;
        batch.n_seq_id = counts.data();
        batch.seq_id   = sequences.data();
        batch.logits   = outputs;

        const int status = llama_decode(context.get(), batch);
        llama_synchronize(context.get());
        if (status != 0) {
            fail("llama_decode at position " + std::to_string(depth) + " gave " + std::to_string(status));
        }
        depth += n;
    }

    std::unique_ptr<llama_model,     free_model>   model;
    std::unique_ptr<ggml_threadpool, free_pool>    pool; // outlives the context
    std::unique_ptr<llama_context,   free_context> context;

    int32_t n_vocab = 0;
    int     depth   = 0; // positions in the KV cache

    // The batch. Its tokens are all of sequence 0.
    llama_token  tokens[SEED_TOKENS];
    llama_pos    positions[SEED_TOKENS];
    int8_t       outputs[SEED_TOKENS];
    llama_seq_id sequence = 0;

    std::vector<int32_t>        counts    = std::vector<int32_t>(SEED_TOKENS, 1);
    std::vector<llama_seq_id *> sequences = std::vector<llama_seq_id *>(SEED_TOKENS, &sequence);
};

std::string answer(session & s, const std::string & line) {
    std::istringstream in(line);
    std::ostringstream out;
    std::string command;

    in >> command;
    out << "ok";
    if (command == "load") {
        int threads;
        int n_ctx;
        std::string pool;
        std::string kv_type;
        std::string file;
        if (!(in >> threads >> pool >> n_ctx >> kv_type >> std::ws) || !std::getline(in, file)) {
            fail("load needs THREADS POOL N_CTX KV_TYPE FILE");
        }
        s.load(threads, pool, n_ctx, kv_type, file);
    } else if (command == "fill" || command == "steps") {
        int n;
        if (!(in >> n) || n < 0) {
            fail(command + " needs a number");
        }
        if (command == "fill") {
            s.fill(n);
        } else {
            for (double ms : s.steps(n)) {
                out << ' ' << ms;
            }
        }
    } else {
        fail("no command " + command);
    }
    return out.str();
}

// One line, whatever it says.
void say(std::string text) {
    text.erase(text.find_last_not_of(" \n") + 1);
    for (char & c : text) {
        c = c == '\n' ? ' ' : c;
    }
    std::cout << text << std::endl;
}

} // namespace

int main() {
    std::signal(SIGINT, SIG_IGN); // a Ctrl-C is for who gives the commands; the end of the input ends this
    llama_log_set(keep_errors, nullptr);
    llama_backend_init();

    say(std::string("stock-decode 1 ") + llama_print_system_info());

    session s;
    for (std::string line; std::getline(std::cin, line) && line != "quit"; ) {
        last_error.clear();
        try {
            say(answer(s, line));
        } catch (const std::exception & e) {
            say(std::string("error ") + e.what());
        }
    }
}
