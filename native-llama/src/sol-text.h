// Text in and out of sol.h: JSON from strangers, strings for the caller, and recursion that may go deep.

#pragma once

#include "json.h"

#include <functional>
#include <string>

// The JSON text, checked: nlohmann's parser and what upstream does with its values recurse. `what` is for the message.
common_json sol_parse_json(const char * what, const char * text);

// A copy that sol_text_free frees.
char * sol_make_text(const std::string & text);

// Runs `body` on a stack of its own that is large: the upstream code that reads templates, schemas, grammars and answers recurses
// as deeply as its input nests, and the threads of a Java program have a megabyte. What it throws is thrown here, as sol_error.
void sol_on_large_stack(const std::function<void()> & body);
