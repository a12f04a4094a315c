// From C++ exceptions, failed assertions and error logs to a status with a message.

#pragma once

#include "sol.h"

#include <functional>
#include <stdexcept>
#include <string>

struct sol_error : std::runtime_error {
    sol_error(sol_status status, const std::string & message) : std::runtime_error(message), status(status) {}

    const sol_status status;
};

// Throws SOL_INVALID_ARGUMENT with this message.
[[noreturn]] void sol_refuse(const std::string & what);

// Does so unless the condition holds. A macro, so that nobody makes the message of an error that did not happen: each token of a batch has a
// dozen of them.
#define sol_require(condition, ...) ((condition) ? (void) 0 : sol_refuse(__VA_ARGS__))

// … naming the value and its range.
void sol_require_range(const char * name, int64_t value, int64_t min, int64_t max);

// Runs the body of an API function. Whatever it throws becomes the status, with sol_last_error set. Meanwhile errors that
// llama.cpp logs on this thread are collected, and a GGML_ASSERT that fails on this thread is thrown as an exception.
sol_status sol_guarded(const std::function<void()> & body) noexcept;

// The errors that llama.cpp has logged since sol_guarded began, the first one first; empty if none.
std::string sol_logged_errors();

// Starts ggml's backends and takes over its logging and its abort handler. Idempotent, any thread.
void sol_init();
