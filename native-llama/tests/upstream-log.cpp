// What upstream's test-llama-archs.cpp needs of its common library to write its models: a log of errors alone.

#include "common.h"
#include "log.h"

#include <cstdarg>
#include <cstdio>

void common_init() {}

common_log * common_log_main() { return nullptr; }

void common_log_flush(common_log * /*log*/) {}

int common_log_get_verbosity_thold() { return LOG_LEVEL_ERROR; }

void common_log_set_verbosity_thold(int /*verbosity*/) {}

int common_log_get_verbosity(ggml_log_level level) { return level == GGML_LOG_LEVEL_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG; }

void common_log_add(common_log * /*log*/, ggml_log_level /*level*/, const char * format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

// only its other mode decodes
void common_batch_add(llama_batch & /*batch*/, llama_token /*id*/, llama_pos /*pos*/, const std::vector<llama_seq_id> & /*seqs*/, bool /*logits*/) {}
