// test-gguf-damage [COUNT [FIRST]]: damaged GGUFs are loaded and used in child processes, none of which may die of a signal.
//
// Half of the mutations damage bytes (flips, truncation, swapped blocks), mostly in the header; half damage meaning: a key gets
// another value or type, or is dropped, an array shrinks, a tensor gets another shape, type or name. COUNT defaults to 500;
// mutation number FIRST + i is the same on every machine.

#include "test-support.h"

#include "ggml-cpp.h"
#include "gguf.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <sys/wait.h>

namespace {

using bytes = std::vector<char>;

bytes read_file(const std::string & path) {
    std::ifstream in(path, std::ios::binary);
    return { std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>() };
}

void write_file(const std::string & path, const bytes & content) {
    std::ofstream(path, std::ios::binary).write(content.data(), (std::streamsize) content.size());
}

//
// mutations
//

std::string damage_bytes(bytes & file, size_t header_size, std::mt19937 & rng) {
    switch (rng() % 6) {
        case 0: {
            file.resize(rng() % file.size());
            return "truncated to " + std::to_string(file.size());
        }
        case 1: {
            const size_t at = rng() % (file.size() - 64);
            std::swap_ranges(file.begin() + (long) at, file.begin() + (long) at + 32, file.begin() + (long) (rng() % (file.size() - 64)));
            return "swapped a block at " + std::to_string(at);
        }
        case 2: {
            for (int i = 0; i < 64; ++i) {
                file[header_size + rng() % (file.size() - header_size)] = (char) rng();
            }
            return "64 random bytes in the weights";
        }
        default: {
            const int    n  = 1 + (int) (rng() % 4);
            std::string res = "header bytes";
            for (int i = 0; i < n; ++i) {
                const size_t at = rng() % header_size;
                file[at] = rng() % 3 == 0 ? (char) 0xFF : (char) rng();
                res += " " + std::to_string(at);
            }
            return res;
        }
    }
}

uint32_t odd_number(std::mt19937 & rng) {
    static const uint32_t values[] = { 0, 1, 2, 3, 5, 7, 17, 63, 100, 255, 1000, 65535, 1u << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF };
    return values[rng() % std::size(values)];
}

// Writes `file` again with one key or tensor changed.
std::string damage_meaning(const std::string & in, const std::string & out, std::mt19937 & rng) {
    ggml_context * weights = nullptr;
    const gguf_context_ptr source { gguf_init_from_file(in.c_str(), { /*.no_alloc =*/ false, /*.ctx =*/ &weights }) };
    const ggml_context_ptr weights_owner { weights };

    const gguf_context_ptr target { gguf_init_empty() };
    gguf_set_kv(target.get(), source.get());

    std::string done;

    const int64_t n_keys  = gguf_get_n_kv(source.get());
    const bool    of_keys = rng() % 4 != 0;

    if (of_keys) {
        const int64_t     id  = (int64_t) (rng() % n_keys);
        const std::string key = gguf_get_key(source.get(), id);

        switch (gguf_get_kv_type(source.get(), id)) {
            case GGUF_TYPE_UINT32:
                if (rng() % 8 == 0) {
                    gguf_set_val_str(target.get(), key.c_str(), "text");
                    done = key + " = text";
                } else {
                    const uint32_t value = odd_number(rng);
                    gguf_set_val_u32(target.get(), key.c_str(), value);
                    done = key + " = " + std::to_string(value);
                }
                break;
            case GGUF_TYPE_FLOAT32: {
                static const float values[] = { 0.0f, -1.0f, NAN, INFINITY, 1e30f };
                const float value = values[rng() % std::size(values)];
                gguf_set_val_f32(target.get(), key.c_str(), value);
                done = key + " = " + std::to_string(value);
                break;
            }
            case GGUF_TYPE_ARRAY: {
                const size_t n    = gguf_get_arr_n(source.get(), id);
                const size_t kept = rng() % 2 == 0 ? rng() % 4 : rng() % n;
                if (gguf_get_arr_type(source.get(), id) == GGUF_TYPE_STRING) {
                    std::vector<const char *> values;
                    for (size_t i = 0; i < std::max<size_t>(kept, 1); ++i) {
                        values.push_back(rng() % 20 == 0 ? "" : rng() % 20 == 0 ? "\xFF\xFE a" : gguf_get_arr_str(source.get(), id, i));
                    }
                    gguf_set_arr_str(target.get(), key.c_str(), values.data(), values.size());
                } else {
                    gguf_set_arr_data(target.get(), key.c_str(), gguf_get_arr_type(source.get(), id), gguf_get_arr_data(source.get(), id), std::max<size_t>(kept, 1));
                }
                done = key + " of " + std::to_string(kept) + " elements";
                break;
            }
            case GGUF_TYPE_STRING: {
                static const char * values[] = { "", "llama", "gpt2", "bert", "t5", "mamba", "no such thing", "qwen3", "spm", "default", "rwkv" };
                const char * value = values[rng() % std::size(values)];
                gguf_set_val_str(target.get(), key.c_str(), value);
                done = key + " = '" + value + "'";
                break;
            }
            default:
                gguf_remove_key(target.get(), key.c_str());
                done = "without " + key;
        }
        if (rng() % 6 == 0) {
            gguf_remove_key(target.get(), key.c_str());
            done = "without " + key;
        }
    }

    const int64_t victim = of_keys ? -1 : (int64_t) (rng() % gguf_get_n_tensors(source.get()));

    for (int64_t i = 0; i < gguf_get_n_tensors(source.get()); ++i) {
        ggml_tensor * t = ggml_get_tensor(weights, gguf_get_tensor_name(source.get(), i));

        if (i == victim) {
            done = t->name;
            switch (rng() % 4) {
                case 0:
                    done += " dropped";
                    continue;
                case 1:
                    std::swap(t->ne[0], t->ne[1]);
                    t->nb[1] = t->ne[0]*sizeof(float);
                    t->nb[2] = t->nb[3] = t->nb[1]*t->ne[1];
                    done += " transposed";
                    break;
                case 2:
                    t->ne[1] = std::max<int64_t>(1, t->ne[1]/2);
                    t->nb[2] = t->nb[3] = t->nb[1]*t->ne[1];
                    done += " halved";
                    break;
                default:
                    ggml_set_name(t, rng() % 2 == 0 ? "blk.0.attn_q.bias" : "nobody.weight");
                    done += std::string(" named ") + t->name;
            }
        }
        if (gguf_find_tensor(target.get(), t->name) < 0) {
            gguf_add_tensor(target.get(), t);
        }
    }

    gguf_write_to_file(target.get(), out.c_str(), /*only_meta =*/ false);
    return done;
}

//
// use
//

// What a program does with a model. Errors are fine; only the process must live.
void use_model(const std::string & path) {
    const sol_model_params params = sol_model_default_params();

    sol_model * loaded = nullptr;
    if (sol_model_load(path.c_str(), &params, &loaded) != SOL_OK) {
        return;
    }
    const model_ptr model { loaded, sol_model_free };

    sol_context_params context_params = small_context();
    sol_context * created = nullptr;
    if (sol_context_create(model.get(), &context_params, &created) != SOL_OK) {
        return;
    }
    const context_ptr context { created, sol_context_free };

    llama_token tokens[64];
    int32_t     n = 0;
    if (sol_tokenize(model.get(), "Once upon a time, the end.", 26, true, true, tokens, 64, &n) != SOL_OK || n == 0) {
        tokens[0] = 0;
        n         = 1;
    }

    llama_sampler * sampler = llama_sampler_init_greedy();

    token_batch batch;
    for (int32_t i = 0; i < n; ++i) {
        batch.add(tokens[i], i, 0, i == n - 1, { 0.5f, 0.5f, 8 });
    }
    for (int32_t step = 0; step < 4; ++step) {
        const sol_batch view = batch.view(/*with_knobs =*/ step > 0);
        llama_token     token;
        char            text[256];
        int32_t         n_text;
        if (sol_decode(context.get(), &view) != SOL_OK || sol_sample(context.get(), sampler, nullptr, batch.size() - 1, &token) != SOL_OK) {
            break;
        }
        sol_token_bytes(model.get(), token, true, text, sizeof(text), &n_text);
        batch = {};
        batch.add(token, n + step, 0, true, { 0.3f, 0.7f, 5 });
    }

    llama_sampler_free(sampler);
}

// The signal that ended the child, or 0.
int use_in_child(const std::string & path) {
    fflush(stdout);

    const pid_t child = fork();
    if (child == 0) {
#ifndef __SANITIZE_ADDRESS__ // which takes terabytes of addresses for itself
        const rlimit memory { 4ull << 30, 4ull << 30 };
        setrlimit(RLIMIT_AS, &memory);
#endif
        const rlimit no_core { 0, 0 };
        setrlimit(RLIMIT_CORE, &no_core);
        alarm(30);
        try {
            use_model(path);
        } catch (...) {
        }
        _exit(0);
    }

    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

int main(int argc, char ** argv) {
    return run_test([&] {
        const int count = argc > 1 ? atoi(argv[1]) : 500;
        const int first = argc > 2 ? atoi(argv[2]) : 0;

        const temp_dir dir;

        const std::vector<std::string> archs = { "llama", "gemma3", "phi3", "gpt2", "qwen2moe" };
        for (const auto & arch : archs) {
            write_tiny_model(make_tiny_model(arch, 4), dir/arch);
        }

        int n_dead = 0;
        for (int i = first; i < first + count; ++i) {
            std::mt19937 rng((uint32_t) i);

            const std::string & arch = archs[rng() % archs.size()];
            const std::string   path = dir/"damaged.gguf";

            std::string what;
            if (i % 2 == 0) {
                bytes file = read_file(dir/arch);
                const gguf_context_ptr gguf { gguf_init_from_file((dir/arch).c_str(), { true, nullptr }) };
                what = damage_bytes(file, gguf_get_data_offset(gguf.get()), rng);
                write_file(path, file);
            } else {
                what = damage_meaning(dir/arch, path, rng);
            }

            if (const int signal = use_in_child(path)) {
                fprintf(stderr, "mutation %d (%s, %s) died of signal %d\n", i, arch.c_str(), what.c_str(), signal);
                ++n_dead;
            }
        }

        CHECK(n_dead == 0, "%d of %d damaged models killed the process", n_dead, count);
        printf("%d damaged models, no process died\n", count);
    });
}
