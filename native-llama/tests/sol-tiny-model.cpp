// sol-tiny-model ARCH OUT.gguf [F16|Q8_0|Q4_0]: writes a tiny random model, for tests outside of this folder.

#include "tiny-model.h"

#include "sol.h"

#include <cstdio>
#include <cstring>
#include <exception>

static llama_ftype ftype_of(const char * name) {
    return strcmp(name, "F16")  == 0 ? LLAMA_FTYPE_MOSTLY_F16
         : strcmp(name, "Q8_0") == 0 ? LLAMA_FTYPE_MOSTLY_Q8_0
         : strcmp(name, "Q4_0") == 0 ? LLAMA_FTYPE_MOSTLY_Q4_0
         :                             LLAMA_FTYPE_ALL_F32;
}

int main(int argc, char ** argv) try {
    if (argc < 3) {
        fprintf(stderr, "usage: %s ARCH OUT.gguf [F16|Q8_0|Q4_0]\n", argv[0]);
        return 2;
    }

    write_tiny_model(make_tiny_model(argv[1], /*seed =*/ 1, /*n_ff =*/ 128), argv[2]);

    if (argc > 3) {
        const std::string f32 = std::string(argv[2]) + ".f32";

        rename(argv[2], f32.c_str());
        const sol_status status = sol_model_quantize(f32.c_str(), argv[2], ftype_of(argv[3]), 1);
        remove(f32.c_str());

        if (status != SOL_OK) {
            fprintf(stderr, "%s\n", sol_last_error());
            return 1;
        }
    }
} catch (const std::exception & e) {
    fprintf(stderr, "%s\n", e.what());
    return 1;
}
