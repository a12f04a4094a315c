#include "sol-text.h"

#include "sol-error.h"

#include <algorithm>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

// Deeper than any request, template argument or schema that means something.
static constexpr int    MAX_NESTING = 100;
static constexpr size_t MAX_JSON    = 64 << 20;

static int nesting(const char * text) {
    int  depth     = 0;
    int  deepest   = 0;
    bool in_string = false;

    for (; *text; ++text) {
        if (in_string) {
            if (*text == '\\' && text[1]) {
                ++text;
            } else if (*text == '"') {
                in_string = false;
            }
        } else if (*text == '"') {
            in_string = true;
        } else if (*text == '[' || *text == '{') {
            deepest = std::max(deepest, ++depth);
        } else if (*text == ']' || *text == '}') {
            --depth;
        }
    }
    return deepest;
}

common_json sol_parse_json(const char * what, const char * text) {
    sol_require(strlen(text) <= MAX_JSON, std::string(what) + ": more than " + std::to_string(MAX_JSON) + " bytes of JSON");
    sol_require(nesting(text) <= MAX_NESTING, std::string(what) + ": nested more than " + std::to_string(MAX_NESTING) + " deep");

    try {
        return common_json::parse(text);
    } catch (const common_json_error & e) {
        throw sol_error(SOL_INVALID_ARGUMENT, std::string(what) + ": not JSON: " + e.what());
    }
}

char * sol_make_text(const std::string & text) {
    char * res = new char[text.size() + 1];
    memcpy(res, text.c_str(), text.size() + 1);
    return res;
}

void sol_text_free(char * text) {
    delete[] text;
}

#if defined(__unix__) || defined(__APPLE__)

namespace {

struct errand {
    const std::function<void()> & body;
    sol_status  status = SOL_OK;
    std::string message;
};

void * run(void * data) {
    auto & e = *static_cast<errand *>(data);

    // the errors of a thread are its own
    e.status = sol_guarded(e.body);
    if (e.status != SOL_OK) {
        try {
            e.message = sol_last_error();
        } catch (...) {
            e.status = SOL_OUT_OF_MEMORY;
        }
    }
    return nullptr;
}

} // namespace

void sol_on_large_stack(const std::function<void()> & body) {
    constexpr size_t STACK_SIZE = (size_t) 256 << 20; // of addresses; memory is what is used of it

    errand         e { body, SOL_OK, {} };
    pthread_attr_t attr;
    pthread_t      thread;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    const int failed = pthread_create(&thread, &attr, run, &e);
    pthread_attr_destroy(&attr);

    if (failed) {
        throw sol_error(SOL_OUT_OF_MEMORY, std::string("cannot start a thread: ") + strerror(failed));
    }
    pthread_join(thread, nullptr);

    if (e.status != SOL_OK) {
        throw sol_error(e.status, e.message);
    }
}

#else

void sol_on_large_stack(const std::function<void()> & body) {
    body(); // the limits on what comes in must do
}

#endif
