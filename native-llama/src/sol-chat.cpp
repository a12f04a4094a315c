// Chat templates: from messages to a prompt, and what the answer then has to look like.

#include "sol-chat.h"

#include "sol-error.h"
#include "sol-text.h"

#include <functional>
#include <memory>

using json = common_json;

static constexpr size_t MAX_TEMPLATE = 1 << 20;

// On a stack that is large enough, with limits of its own (the patched jinja): common_chat_* runs a template dozens of
// times to find out what it does.
static void run_templates(const std::function<void()> & body) {
    sol_on_large_stack([&] {
        const jinja::account account;
        body();
    });
}

//
// creation
//

static common_chat_templates_ptr compile(const std::string & source, const std::string & bos, const std::string & eos) {
    if (source.size() > MAX_TEMPLATE) {
        throw sol_error(SOL_INVALID_MODEL, "chat template: more than " + std::to_string(MAX_TEMPLATE) + " bytes");
    }

    try {
        jinja::lexer lexer; // for what it says: upstream throws its exceptions on without their messages
        jinja::parse_from_tokens(lexer.tokenize(source));

        return common_chat_templates_init(nullptr, source, bos, eos);
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & e) {
        throw sol_error(SOL_INVALID_MODEL, std::string("chat template: ") + e.what());
    }
}

sol_status sol_chat_create(const char * templates, sol_chat ** chat) {
    return sol_guarded([&] {
        sol_require(templates && chat, "sol_chat_create: templates and chat must not be NULL");

        *chat = nullptr;
        run_templates([&] {
            const json config = sol_parse_json("chat template", templates);
            auto res = std::make_unique<sol_chat>();
            sol_about("chat template", [&] {
                res->bos      = config.value("bos", "");
                res->eos      = config.value("eos", "");
                res->adds_bos = config.value("adds_bos", false);
                res->adds_eos = config.value("adds_eos", false);

                const auto source = config.at("template").get<std::string>();
                sol_require(!source.empty(), "chat template: it is empty");
                res->plain = compile(source, res->bos, res->eos);

                const std::string tools = config.value("tool_use", "");
                if (!tools.empty()) {
                    res->tools = compile(tools, res->bos, res->eos);
                }
            });
            *chat = res.release();
        });
    });
}

void sol_chat_free(sol_chat * chat) {
    sol_guarded([&] {
        sol_on_large_stack([&] { delete chat; }); // trees of the template free themselves by recursion
    });
}

sol_status sol_chat_capabilities(const sol_chat * chat, char ** capabilities) {
    return sol_guarded([&] {
        sol_require(chat && capabilities, "sol_chat_capabilities: chat and capabilities must not be NULL");

        json res = json::object();
        for (const auto & [name, has] : common_chat_templates_get_caps((chat->tools ? chat->tools : chat->plain).get())) {
            res[name] = has;
        }
        *capabilities = sol_make_text(res.dump_safe());
    });
}

//
// prompts
//

static const char * trigger_name(common_grammar_trigger_type type) {
    switch (type) {
        case COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN:
        case COMMON_GRAMMAR_TRIGGER_TYPE_WORD:         return "word";
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN:      return "pattern";
        case COMMON_GRAMMAR_TRIGGER_TYPE_PATTERN_FULL: return "pattern_full";
    }
    return "";
}

// What sol_grammar_create takes.
static json constraint_of(const common_chat_params & params) {
    if (params.grammar.empty()) {
        return {};
    }

    json triggers = json::array();
    for (const auto & trigger : params.grammar_triggers) {
        triggers.push_back({ { "type", trigger_name(trigger.type) }, { "value", trigger.value } });
    }
    return {
        { "grammar",        params.grammar },
        { "lazy",           params.grammar_lazy },
        { "triggers",       triggers },
        { "prefill",        params.generation_prompt },
        { "thinking_start", params.thinking_start_tag },
        { "thinking_end",   params.thinking_end_tags },
    };
}

// The tokenizer adds them: not twice.
static std::string without_added(const sol_chat & chat, std::string prompt) {
    if (chat.adds_bos && !chat.bos.empty() && string_starts_with(prompt, chat.bos)) {
        prompt.erase(0, chat.bos.size());
    }
    if (chat.adds_eos && !chat.eos.empty() && string_ends_with(prompt, chat.eos)) {
        prompt.erase(prompt.size() - chat.eos.size());
    }
    return prompt;
}

static json apply(const sol_chat & chat, const json & request) {
    const auto inputs = sol_read_chat_request(chat, request);
    const bool tools  = !inputs.tools.empty();

    common_chat_params params;
    sol_about("messages", [&] {
        params = common_chat_templates_apply((tools && chat.tools ? chat.tools : chat.plain).get(), inputs);
    });

    return {
        { "prompt",           without_added(chat, params.prompt) },
        { "constraint",       constraint_of(params) },
        { "stops",            params.additional_stops },
        { "preserved_tokens", params.preserved_tokens },
        { "thinks",           params.supports_thinking },
        { "parser", {
            { "format",            (int) params.format },
            { "arena",             params.parser },
            { "generation_prompt", params.generation_prompt },
            { "reasoning_format",  common_reasoning_format_name(inputs.reasoning_format) },
            { "tools",             tools },
        } },
    };
}

sol_status sol_chat_apply(const sol_chat * chat, const char * request, char ** prompt) {
    return sol_guarded([&] {
        sol_require(chat && request && prompt, "sol_chat_apply: chat, request and prompt must not be NULL");

        *prompt = nullptr;
        run_templates([&] {
            *prompt = sol_make_text(apply(*chat, sol_parse_json("request", request)).dump_safe());
        });
    });
}
