// JSON schemas that upstream's conversion to a grammar can be trusted with.

#pragma once

#include "json.h"

#include <string>

// Throws sol_error SOL_INVALID_ARGUMENT, beginning with `what`, for a schema on which the conversion would not end.
void sol_check_schema(const std::string & what, const common_json & schema);

// The GBNF of what matches the schema.
std::string sol_grammar_of_schema(const std::string & what, const common_json & schema);
