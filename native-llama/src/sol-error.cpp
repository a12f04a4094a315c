#include "sol-error.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>

namespace {

enum class log_sink { DROP, COLLECT, SHOW };

struct thread_errors {
    int         depth = 0;              // of sol_guarded
    log_sink    sink  = log_sink::DROP; // of the last log message: its continuations follow it
    std::string logged;
    std::string last;
};

thread_local thread_errors errors;

std::atomic<int> log_level { GGML_LOG_LEVEL_ERROR };

void on_log(ggml_log_level level, const char * text, void * /*user_data*/) {
    if (level != GGML_LOG_LEVEL_CONT) {
        errors.sink = level == GGML_LOG_LEVEL_ERROR && errors.depth > 0 ? log_sink::COLLECT
                    : level >= log_level                               ? log_sink::SHOW
                    :                                                    log_sink::DROP;
    }

    switch (errors.sink) {
        case log_sink::DROP:                            break;
        case log_sink::COLLECT: errors.logged += text;  break;
        case log_sink::SHOW:    fputs(text, stderr);    break;
    }
}

// ggml_abort calls this and then abort(). An exception passes through its C frames by their unwind tables.
void on_abort(const char * message) {
    if (errors.depth > 0) {
        throw sol_error(SOL_INTERNAL, std::string("llama.cpp gave up: ") + message);
    }
    fprintf(stderr, "%s\n", message); // a worker thread: nobody can catch
}

// "llama_model_load: error loading model: x" → "x"
std::string without_prefix(std::string line) {
    const size_t colon = line.find(": ");
    if (colon != std::string::npos && line.find(' ') > colon) {
        line.erase(0, colon + 2);
    }

    const std::string loading = "error loading model: ";
    if (line.compare(0, loading.size(), loading) == 0) {
        line.erase(0, loading.size());
    }
    return line;
}

} // namespace

void sol_init() {
    static std::once_flag once;

    std::call_once(once, [] {
        llama_log_set(on_log, nullptr);
        ggml_set_abort_callback(on_abort);
        llama_backend_init();
    });
}

std::string sol_logged_errors() {
    std::string res;

    for (size_t begin = 0; begin < errors.logged.size(); ) {
        const size_t end  = std::min(errors.logged.find('\n', begin), errors.logged.size());
        const auto   line = without_prefix(errors.logged.substr(begin, end - begin));

        // upstream often ends with a line that only says that it failed
        if (!line.empty() && line.compare(0, 14, "failed to load") != 0) {
            res += (res.empty() ? "" : "; ") + line;
        }
        begin = end + 1;
    }
    return res;
}

void sol_refuse(const std::string & what) {
    throw sol_error(SOL_INVALID_ARGUMENT, what);
}

void sol_require_range(const char * name, int64_t value, int64_t min, int64_t max) {
    sol_require(value >= min && value <= max, std::string(name) + " is " + std::to_string(value) + ", must be "
            + std::to_string(min) + "…" + std::to_string(max));
}

sol_status sol_guarded(const std::function<void()> & body) noexcept {
    sol_status status = SOL_OK;

    try {
        sol_init();

        if (errors.depth++ == 0) {
            errors.logged.clear();
        }

        try {
            body();
        } catch (const sol_error & e) {
            status      = e.status;
            errors.last = e.what();
        } catch (const std::bad_alloc &) {
            status      = SOL_OUT_OF_MEMORY;
            errors.last = "out of memory";
        } catch (const std::exception & e) {
            status      = SOL_INTERNAL;
            errors.last = e.what();
        } catch (...) {
            status      = SOL_INTERNAL;
            errors.last = "unknown C++ exception";
        }

        --errors.depth;
    } catch (...) {
        status = SOL_OUT_OF_MEMORY; // not even the message could be kept
    }

    return status;
}

const char * sol_last_error(void) {
    return errors.last.c_str();
}

void sol_log_level(ggml_log_level level) {
    log_level = level;
}
