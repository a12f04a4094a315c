// What the tests of chats and grammars share: calls of sol.h that make text.

#pragma once

#include "test-support.h"

#include "json.h"

#include <fstream>
#include <sstream>

using json = common_json;

inline std::string take(char * text) {
    std::string res = text;
    sol_text_free(text);
    return res;
}

// The call is refused with this status, and a message that has `part` in it.
inline void refused(sol_status status, sol_status wanted, const std::string & part, const std::string & what) {
    const std::string message = sol_last_error();
    CHECK(status == wanted, "%s: status %d: %s", what.c_str(), status, status == SOL_OK ? "" : message.c_str());
    CHECK(message.find(part) != std::string::npos, "%s: '%s' does not say '%s'", what.c_str(), message.c_str(), part.c_str());
}

using chat_ptr   = std::unique_ptr<sol_chat, decltype(&sol_chat_free)>;
using parser_ptr = std::unique_ptr<sol_chat_parser, decltype(&sol_chat_parser_free)>;

inline sol_status try_chat(const json & config, sol_chat ** chat) {
    return sol_chat_create(config.dump().c_str(), chat);
}

inline chat_ptr new_chat(const std::string & source, bool adds_bos = true) {
    sol_chat * chat = nullptr;
    CHECK_OK(try_chat({ { "template", source }, { "bos", "<s>" }, { "eos", "</s>" }, { "adds_bos", adds_bos } }, &chat));
    return { chat, sol_chat_free };
}

inline std::string read_file(const std::string & path) {
    std::ifstream in(path);
    CHECK(in, "cannot read %s", path.c_str());
    std::stringstream res;
    res << in.rdbuf();
    return res.str();
}

inline json apply(const sol_chat & chat, const json & request) {
    char * prompt = nullptr;
    CHECK_OK(sol_chat_apply(&chat, request.dump().c_str(), &prompt));
    return json::parse(take(prompt));
}

inline std::string prompt_of(const sol_chat & chat, const json & request) {
    return apply(chat, request).at("prompt").get<std::string>();
}

inline std::string grammar_of(const std::string & schema) {
    char * grammar = nullptr;
    CHECK_OK(sol_schema_grammar(schema.c_str(), &grammar));
    return take(grammar);
}

inline std::string repeat(const std::string & text, int n) {
    std::string res;
    for (int i = 0; i < n; ++i) {
        res += text;
    }
    return res;
}
