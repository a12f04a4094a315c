// From the model's answer, as it grows, to content, thoughts and tool calls.

#include "sol-chat.h"

#include "sol-error.h"
#include "sol-text.h"

#include <memory>
#include <random>

using json = common_json;

struct sol_chat_parser {
    common_chat_parser_params params;
    std::string               text;    // so far
    common_chat_msg           message; // what has been told of it
    std::vector<std::string>  ids;     // of the tool calls
};

sol_status sol_chat_parser_create(const char * parser, sol_chat_parser ** out) {
    return sol_guarded([&] {
        sol_require(parser && out, "sol_chat_parser_create: parser and out must not be NULL");

        *out = nullptr;
        sol_on_large_stack([&] {
            const json config = sol_parse_json("parser", parser);
            auto res = std::make_unique<sol_chat_parser>();
            try {
                const int format = config.at("format").get<int>();
                sol_require_range("format", format, 0, COMMON_CHAT_FORMAT_COUNT - 1);

                res->params.format            = (common_chat_format) format;
                res->params.generation_prompt = config.value("generation_prompt", "");
                res->params.reasoning_format  = common_reasoning_format_from_name(config.at("reasoning_format").get<std::string>());
                res->params.parse_tool_calls  = config.at("tools").get<bool>();
                const std::string arena = config.value("arena", "");
                if (!arena.empty()) {
                    res->params.parser.load(arena);
                }
            } catch (const std::runtime_error & e) {
                throw sol_error(SOL_INVALID_ARGUMENT, std::string("parser: ") + e.what());
            }
            res->message.role = "assistant";
            *out = res.release();
        });
    });
}

void sol_chat_parser_free(sol_chat_parser * parser) {
    sol_guarded([&] {
        sol_on_large_stack([&] { delete parser; });
    });
}

static std::string random_id() {
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static thread_local std::mt19937 generator { std::random_device {}() };

    std::uniform_int_distribution<size_t> letter(0, sizeof(alphabet) - 2);
    std::string res(32, '0');
    for (auto & c : res) {
        c = alphabet[letter(generator)];
    }
    return res;
}

// What the text so far says. False when that cannot be told (yet).
static bool parse(const sol_chat_parser & parser, bool last, common_chat_msg & message) {
    try {
        message = common_chat_parse(parser.text, !last, parser.params);
        return true;
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception &) {
        return false; // the model does not keep to the format
    }
}

// What is new in `next`. Empty, and nothing is told, if it takes back what was told before.
static std::vector<common_chat_msg_diff> difference(const common_chat_msg & told, const common_chat_msg & next) {
    try {
        return common_chat_msg_diff::compute_diffs(told, next);
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception &) {
        return {};
    }
}

// A model that does not keep to the format has still said something: its text is content, if nothing of it was told yet.
static common_chat_msg unparsed(const sol_chat_parser & parser) {
    common_chat_msg res;
    if (!parse(parser, /*last =*/ false, res) || res.empty()) {
        res = parser.message;
    }
    if (res.content.empty() && res.reasoning_content.empty() && res.tool_calls.empty()) {
        res.content = parser.text;
    }
    return res;
}

static json to_json(const std::vector<common_chat_msg_diff> & diffs) {
    json res = json::array();
    for (const auto & diff : diffs) {
        if (!diff.reasoning_content_delta.empty()) {
            res.push_back({ { "reasoning", diff.reasoning_content_delta } });
        }
        if (!diff.content_delta.empty()) {
            res.push_back({ { "content", diff.content_delta } });
        }
        if (diff.tool_call_index != std::string::npos) {
            res.push_back({
                { "tool_call", (uint64_t) diff.tool_call_index },
                { "id",        diff.tool_call_delta.id },
                { "name",      diff.tool_call_delta.name },
                { "arguments", diff.tool_call_delta.arguments },
            });
        }
    }
    return res;
}

sol_status sol_chat_parser_add(sol_chat_parser * parser, const char * text, int32_t text_len, bool last, char ** deltas) {
    return sol_guarded([&] {
        sol_require(parser && text && deltas, "sol_chat_parser_add: parser, text and deltas must not be NULL");
        sol_require(text_len >= 0, "sol_chat_parser_add: text_len must not be negative");

        *deltas = nullptr;
        sol_on_large_stack([&] { // nested arguments of a tool are parsed by recursion
            parser->text.append(text, text_len);

            common_chat_msg next;
            bool known = parse(*parser, last, next);
            if (!known && last) {
                next  = unparsed(*parser);
                known = true;
            }

            json res = json::array();
            if (known) {
                if (!parser->params.parse_tool_calls) {
                    next.tool_calls.clear();
                }
                next.set_tool_call_ids(parser->ids, random_id);
                const auto diffs = difference(parser->message, next);
                if (!diffs.empty()) {
                    parser->message = next;
                    res = to_json(diffs);
                }
            }
            *deltas = sol_make_text(res.dump_safe());
        });
    });
}
