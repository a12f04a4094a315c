// The chat templates behind sol.h's opaque handle.

#pragma once

#include "chat.h"

#include "sol.h"

#include <functional>
#include <string>

struct sol_chat {
    common_chat_templates_ptr plain; // never null
    common_chat_templates_ptr tools; // for requests with tools, or null

    bool        adds_bos; // the tokenizer does, so that prompts come without it
    bool        adds_eos;
    std::string bos;
    std::string eos;
};

// Runs a step of which exceptions are about `what`: a field of the request, with which the message then begins.
void sol_about(const char * what, const std::function<void()> & step);

// sol_chat_apply's request; throws sol_error for one that is wrong, or has tools where the template has no place for them.
common_chat_templates_inputs sol_read_chat_request(const sol_chat & chat, const common_json & request);
