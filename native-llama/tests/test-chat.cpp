// Chat templates: prompts against strings written by hand, answers of models, and requests that are wrong.
//
//   test-chat TEMPLATES      the folder of upstream's collection of templates

#include "chat-support.h"

#include <functional>
#include <thread>

namespace {

const char * CHATML =
    "{%- for message in messages -%}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}";

const json MESSAGES = json::array({
    json { { "role", "system" },    { "content", "Be brief." } },
    json { { "role", "user" },      { "content", "Hello" } },
    json { { "role", "assistant" }, { "content", "Hi there" } },
    json { { "role", "user" },      { "content", "How are you?" } },
});

const json TOOLS = json::parse(R"([{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}])");

const json QUESTION = json::array({ json { { "role", "user" }, { "content", "Weather in Bern?" } } });

void check_prompt(const sol_chat & chat, const json & request, const std::string & wanted) {
    const auto prompt = prompt_of(chat, request);
    CHECK(prompt == wanted, "\n'%s' rather than\n'%s'", prompt.c_str(), wanted.c_str());
}

void test_prompts(const std::string & templates) {
    const auto chatml = new_chat(CHATML);
    const std::string chatml_turns = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
            "<|im_start|>assistant\nHi there<|im_end|>\n<|im_start|>user\nHow are you?<|im_end|>\n";
    check_prompt(*chatml, { { "messages", MESSAGES } }, chatml_turns + "<|im_start|>assistant\n");
    check_prompt(*chatml, { { "messages", MESSAGES }, { "add_generation_prompt", false } }, chatml_turns);

    // parts of text; and text that looks like JSON, Jinja and tags, and a character beyond the basic plane
    check_prompt(*chatml, { { "messages", json::parse(R"([{"role": "user", "content": [{"type": "text", "text": "a"},
            {"type": "text", "text": "b"}]}])") } }, "<|im_start|>user\na\nb<|im_end|>\n<|im_start|>assistant\n");
    check_prompt(*chatml, { { "messages", json::array({ json { { "role", "user" }, { "content", "{{ 1 }}\"\\\t\xF0\x9F\x99\x82" } } }) } },
            "<|im_start|>user\n{{ 1 }}\"\\\t\xF0\x9F\x99\x82<|im_end|>\n<|im_start|>assistant\n");

    check_prompt(*new_chat(read_file(templates + "/google-gemma-2-2b-it.jinja")),
            { { "messages", json::array({ json { { "role", "user" }, { "content", "Hello" } } }) } },
            "<start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\n");

    check_prompt(*new_chat(read_file(templates + "/meta-llama-Llama-3.2-3B-Instruct.jinja")),
            { { "messages", MESSAGES }, { "chat_template_kwargs", { { "date_string", "26 Jul 2024" } } } },
            "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
            "Be brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\nHi there<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"
            "How are you?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");

    check_prompt(*new_chat(read_file(templates + "/mistralai-Mistral-Nemo-Instruct-2407.jinja")),
            { { "messages", json::array({ json { { "role", "user" }, { "content", "Hello" } } }) } }, "[INST]Hello[/INST]");
    check_prompt(*new_chat(read_file(templates + "/mistralai-Mistral-Nemo-Instruct-2407.jinja"), /*adds_bos =*/ false),
            { { "messages", json::array({ json { { "role", "user" }, { "content", "Hello" } } }) } }, "<s>[INST]Hello[/INST]");

    // thoughts are switched by an argument of the template
    const auto qwen3 = new_chat(read_file(templates + "/Qwen-Qwen3-0.6B.jinja"));
    check_prompt(*qwen3, { { "messages", QUESTION } }, "<|im_start|>user\nWeather in Bern?<|im_end|>\n<|im_start|>assistant\n");
    check_prompt(*qwen3, { { "messages", QUESTION }, { "chat_template_kwargs", { { "enable_thinking", false } } } },
            "<|im_start|>user\nWeather in Bern?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
}

// Every template of upstream's compiles, and renders or refuses.
void test_collection(const std::string & templates) {
    int n = 0;
    for (const auto & entry : std::filesystem::directory_iterator(templates)) {
        if (entry.path().extension() == ".jinja") {
            const auto chat = new_chat(read_file(entry.path().string()));
            const auto prompt = prompt_of(*chat, { { "messages", QUESTION } });
            CHECK(prompt.find("Weather in Bern?") != std::string::npos, "%s: %s", entry.path().c_str(), prompt.c_str());
            ++n;
        }
    }
    CHECK(n >= 50, "%d templates", n);
}

// Feeds an answer in pieces of `piece` characters; all deltas together.
json read_answer(const json & parser, const std::string & text, size_t piece) {
    sol_chat_parser * raw = nullptr;
    CHECK_OK(sol_chat_parser_create(parser.dump().c_str(), &raw));
    const parser_ptr owner { raw, sol_chat_parser_free };

    std::string content, reasoning;
    json calls = json::array();
    for (size_t at = 0; ; at += piece) {
        const bool        last = at >= text.size();
        const std::string part = last ? "" : text.substr(at, piece);
        char *            deltas = nullptr;
        CHECK_OK(sol_chat_parser_add(raw, part.data(), (int32_t) part.size(), last, &deltas));
        for (const auto & delta : json::parse(take(deltas))) {
            content   += delta.value("content", "");
            reasoning += delta.value("reasoning", "");
            if (delta.contains("tool_call")) {
                const auto index = (size_t) delta.at("tool_call").get<int>();
                if (index == calls.size()) {
                    calls.push_back({ { "name", "" }, { "arguments", "" }, { "id", delta.at("id").get<std::string>() } });
                }
                json & call = calls.at(index);
                if (!delta.at("name").get<std::string>().empty()) {
                    call["name"] = delta.at("name").get<std::string>();
                }
                call["arguments"] = call.at("arguments").get<std::string>() + delta.at("arguments").get<std::string>();
            }
        }
        if (last) {
            return { { "content", content }, { "reasoning", reasoning }, { "calls", calls } };
        }
    }
}

void test_answers(const std::string & templates) {
    const auto qwen   = new_chat(read_file(templates + "/Qwen-Qwen2.5-7B-Instruct.jinja"));
    const auto result = apply(*qwen, { { "messages", QUESTION }, { "tools", TOOLS } });
    const auto prompt = result.at("prompt").get<std::string>();
    CHECK(prompt.find("\"name\": \"get_weather\"") != std::string::npos, "%s", prompt.c_str());
    CHECK(result.at("constraint").at("lazy").get<bool>(), "%s", result.dump().c_str());

    const std::string call = "Let me see.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Bern\"}}\n</tool_call>";
    for (const size_t piece : { size_t(1), size_t(3), size_t(1000) }) {
        const auto answer = read_answer(result.at("parser"), call, piece);
        CHECK(answer.at("calls").size() == 1, "pieces of %zu: %s", piece, answer.dump().c_str());
        const auto & made = answer.at("calls").at(0);
        CHECK(made.at("name").get<std::string>() == "get_weather", "%s", answer.dump().c_str());
        CHECK(json::parse(made.at("arguments").get<std::string>()).at("city").get<std::string>() == "Bern", "%s", answer.dump().c_str());
        CHECK(made.at("id").get<std::string>().size() == 32, "%s", answer.dump().c_str());
        CHECK(answer.at("content").get<std::string>().find("Let me see.") == 0, "%s", answer.dump().c_str());
        CHECK(answer.at("content").get<std::string>().find("tool_call") == std::string::npos, "%s", answer.dump().c_str());
    }

    // what keeps to no format is content, and nested deeply no trouble
    for (const std::string & text : { std::string("<tool_call>\n{\"name\": 7"), std::string(20000, '['), std::string("\0x", 2) }) {
        const auto answer = read_answer(result.at("parser"), text, 5000);
        CHECK(answer.at("calls").empty(), "%s", answer.dump().c_str());
        CHECK(!answer.at("content").get<std::string>().empty() || text[0] == '<', "%s", answer.dump().c_str());
    }
    const std::string nested = std::string(1000, '[') + std::string(1000, ']');
    const auto        closed = read_answer(result.at("parser"),
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": " + nested + "}}\n</tool_call>", 5000);
    CHECK(closed.at("calls").size() == 1, "%s", closed.dump().c_str());
    CHECK(closed.at("calls").at(0).at("arguments").get<std::string>().find(nested) != std::string::npos, "%s", closed.dump().c_str());
    for (const int depth : { 20000, 2000000 }) {
        read_answer(result.at("parser"), "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": " + std::string(depth, '['), 1 << 22);
    }

    // thoughts
    const auto qwen3    = new_chat(read_file(templates + "/Qwen-Qwen3-0.6B.jinja"));
    const auto thinking = apply(*qwen3, { { "messages", QUESTION } });
    const auto answer   = read_answer(thinking.at("parser"), "<think>\nHm.\n</think>\n\nSunny.", 2);
    CHECK(answer.at("reasoning").get<std::string>().find("Hm.") == 0, "%s", answer.dump().c_str());
    CHECK(answer.at("content").get<std::string>() == "Sunny.", "%s", answer.dump().c_str());
    const auto inlined = apply(*qwen3, { { "messages", QUESTION }, { "reasoning_format", "none" } });
    CHECK(read_answer(inlined.at("parser"), "<think>\nHm.\n</think>\n\nSunny.", 2).at("content").get<std::string>().find("<think>") == 0,
            "thoughts left the content");

    const auto plain = apply(*new_chat(CHATML), { { "messages", QUESTION } });
    CHECK(read_answer(plain.at("parser"), "Sunny <b>today</b>.\n", 1).at("content").get<std::string>() == "Sunny <b>today</b>.\n", "plain");
}

void test_requests() {
    const auto chat = new_chat(CHATML);
    const auto refuse = [&](const std::string & request, const std::string & part) {
        char * prompt = nullptr;
        refused(sol_chat_apply(chat.get(), request.c_str(), &prompt), SOL_INVALID_ARGUMENT, part, request.substr(0, 100));
        CHECK(prompt == nullptr, "%s", request.c_str());
    };
    const std::string ok = R"("messages": [{"role": "user", "content": "x"}])";

    refuse("", "request: not JSON");
    refuse("[]", "messages: ");
    refuse("{}", "messages: ");
    refuse(R"({"messages": []})", "messages: there are none");
    refuse(R"({"messages": "x"})", "messages: ");
    refuse(R"({"messages": [{"content": "x"}]})", "messages: ");
    refuse(R"({"messages": [{"role": "user"}]})", "messages: ");
    refuse(R"({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]})", "messages: ");
    refuse("{" + ok + R"(, "tools": {}})", "tools: ");
    refuse("{" + ok + R"(, "tools": [{"type": "function"}]})", "tools: ");
    refuse("{" + ok + R"(, "tools": [{"type": "function", "function": {"name": "f"}}]})", "tools: the model's chat template has no place");
    refuse("{" + ok + R"(, "tool_choice": "sometimes"})", "tool_choice: ");
    refuse("{" + ok + R"(, "tool_choice": "required"})", "tool_choice: ");
    refuse("{" + ok + R"(, "tool_choice": {"type": "function", "function": {"name": "g"}}})", "tool_choice: there is no tool named g");
    refuse("{" + ok + R"(, "tool_choice": 7})", "tool_choice: ");
    refuse("{" + ok + R"(, "response_format": {"type": "xml"}})", "response_format: ");
    refuse("{" + ok + R"(, "response_format": 7})", "response_format: ");
    refuse("{" + ok + R"(, "response_format": {"type": "json_schema"}})", "response_format: ");
    refuse("{" + ok + R"(, "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "cat"}}}})", "response_format: ");
    refuse("{" + ok + R"(, "chat_template_kwargs": []})", "chat_template_kwargs: ");
    refuse("{" + ok + R"(, "chat_template_kwargs": {"enable_thinking": "yes"}})", "chat_template_kwargs: ");
    refuse("{" + ok + R"(, "reasoning_format": "loud"})", "reasoning_format: ");
    refuse("{" + ok + ", \"chat_template_kwargs\": {\"a\": " + std::string(5000, '[') + std::string(5000, ']') + "}}", "nested more than");

    // none: tools are not shown, so that any template will do
    char * prompt = nullptr;
    CHECK_OK(sol_chat_apply(chat.get(), ("{" + ok + R"(, "tool_choice": "none", "tools": [{"type": "function",
            "function": {"name": "f"}}]})").c_str(), &prompt));
    sol_text_free(prompt);

    const auto json_only = apply(*chat, json::parse("{" + ok + R"(, "response_format": {"type": "json_object"}})"));
    CHECK(json_only.at("constraint").at("grammar").get<std::string>().find("root ::=") != std::string::npos, "%s", json_only.dump().c_str());
    CHECK(!json_only.at("constraint").at("lazy").get<bool>(), "%s", json_only.dump().c_str());
}

void test_bad_handles() {
    sol_chat * chat = nullptr;
    refused(sol_chat_create("{}", &chat), SOL_INVALID_ARGUMENT, "template", "no template");
    refused(sol_chat_create("{", &chat), SOL_INVALID_ARGUMENT, "not JSON", "no JSON");
    refused(sol_chat_create(nullptr, &chat), SOL_INVALID_ARGUMENT, "NULL", "NULL");
    sol_chat_free(nullptr);

    sol_chat_parser * parser = nullptr;
    refused(sol_chat_parser_create("{}", &parser), SOL_INVALID_ARGUMENT, "parser", "no parser");
    refused(sol_chat_parser_create(R"({"format": 99, "reasoning_format": "none", "tools": false})", &parser), SOL_INVALID_ARGUMENT, "format", "99");
}

void test_threads(const std::string & templates) {
    const auto chat   = new_chat(read_file(templates + "/Qwen-Qwen2.5-7B-Instruct.jinja"));
    const json wanted = apply(*chat, { { "messages", QUESTION }, { "tools", TOOLS } });

    std::vector<std::thread> threads;
    std::atomic<int>         wrong { 0 };
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 3; ++j) {
                wrong += apply(*chat, { { "messages", QUESTION }, { "tools", TOOLS } }).dump() != wanted.dump();
            }
        });
    }
    for (auto & thread : threads) {
        thread.join();
    }
    CHECK(wrong == 0, "%d prompts differ", wrong.load());
}

} // namespace

int main(int argc, char ** argv) {
    return run_test([&] {
        CHECK(argc == 2, "usage: test-chat TEMPLATES");
        const std::string templates = argv[1];

        test_prompts(templates);
        test_answers(templates);
        test_requests();
        test_bad_handles();
        test_threads(templates);
        test_collection(templates);
    });
}
