// The fields of a chat request, checked and named in what is said of them.

#include "sol-chat.h"

#include "sol-error.h"
#include "sol-schema.h"

#include <new>

using json = common_json;

void sol_about(const char * what, const std::function<void()> & step) {
    try {
        step();
    } catch (const sol_error &) {
        throw;
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & e) {
        throw sol_error(SOL_INVALID_ARGUMENT, std::string(what) + ": " + e.what());
    }
}

// "auto", "none", "required", or {"type": "function", "function": {"name": …}}: then that tool alone, and required.
static void read_tool_choice(const json & choice, common_chat_templates_inputs & inputs) {
    if (choice.is_null()) {
        return;
    }
    if (choice.is_string()) {
        inputs.tool_choice = common_chat_tool_choice_parse_oaicompat(choice.get<std::string>());
        sol_require(inputs.tool_choice != COMMON_CHAT_TOOL_CHOICE_REQUIRED || !inputs.tools.empty(),
                "tool_choice: required, but there are no tools");
        return;
    }

    const auto name = choice.at("function").at("name").get<std::string>();
    for (const auto & tool : inputs.tools) {
        if (tool.name == name) {
            inputs.tools       = { common_chat_tool(tool) };
            inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_REQUIRED;
            return;
        }
    }
    throw sol_error(SOL_INVALID_ARGUMENT, "tool_choice: there is no tool named " + name);
}

// As llama-server; no format is text.
static void read_response_format(const json & format, common_chat_templates_inputs & inputs) {
    if (format.is_null()) {
        return;
    }

    const auto type = format.at("type").get<std::string>();
    json schema;
    if (type == "json_object") {
        schema = format.value("schema", json::object());
    } else if (type == "json_schema") {
        schema = format.at("json_schema").value("schema", json::object());
    } else {
        sol_require(type == "text", "response_format: its type must be text, json_object or json_schema, not " + type);
        return;
    }
    if (schema.is_object() && schema.empty()) {
        schema["type"] = "object";
    }
    sol_grammar_of_schema("response_format", schema); // for its error, which names the field
    inputs.json_schema = schema.dump_safe();
}

static void read_template_arguments(const json & arguments, common_chat_templates_inputs & inputs) {
    if (arguments.is_null()) {
        return;
    }
    sol_require(arguments.is_object(), "chat_template_kwargs: it must be an object");
    for (const auto & [key, value] : arguments.items()) {
        inputs.chat_template_kwargs[key] = value.dump_safe();
        if (key == "enable_thinking") {
            sol_require(value.is_boolean(), "chat_template_kwargs: enable_thinking must be true or false");
            inputs.enable_thinking = value.get<bool>();
        }
    }
}

common_chat_templates_inputs sol_read_chat_request(const sol_chat & chat, const json & request) {
    common_chat_templates_inputs res;

    sol_about("messages", [&] {
        res.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
        sol_require(!res.messages.empty(), "messages: there are none");
    });
    sol_about("tools", [&] {
        const json tools = request.value("tools", json());
        res.tools = common_chat_tools_parse_oaicompat(tools);
        for (const auto & tool : res.tools) {
            sol_check_schema("tools", json::parse(tool.parameters));
        }
    });
    sol_about("tool_choice",     [&] { read_tool_choice(request.value("tool_choice", json()), res); });
    sol_about("response_format", [&] { read_response_format(request.value("response_format", json()), res); });
    sol_about("chat_template_kwargs", [&] { read_template_arguments(request.value("chat_template_kwargs", json()), res); });

    if (res.tool_choice == COMMON_CHAT_TOOL_CHOICE_NONE) {
        res.tools.clear();
    }
    auto caps = common_chat_templates_get_caps((chat.tools ? chat.tools : chat.plain).get());
    sol_require(res.tools.empty() || caps["supports_tools"] || caps["supports_tool_calls"],
            "tools: the model's chat template has no place for tools");

    sol_about("parallel_tool_calls", [&] {
        res.parallel_tool_calls = request.value("parallel_tool_calls", (bool) caps["supports_parallel_tool_calls"]);
    });
    sol_about("add_generation_prompt", [&] { res.add_generation_prompt = request.value("add_generation_prompt", true); });
    sol_about("reasoning_format", [&] {
        res.reasoning_format = common_reasoning_format_from_name(request.value("reasoning_format", "auto"));
    });

    return res;
}
