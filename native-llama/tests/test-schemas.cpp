// Grammars of JSON schemas, and schemas that have none or mean harm.

#include "chat-support.h"

namespace {

void refuse_schema(const std::string & schema, const std::string & part) {
    char * grammar = nullptr;
    refused(sol_schema_grammar(schema.c_str(), &grammar), SOL_INVALID_ARGUMENT, part, schema.substr(0, 100));
    CHECK(grammar == nullptr, "%s", schema.substr(0, 100).c_str());
}

std::string object_with(int n_properties) {
    std::string res = R"({"type": "object", "properties": {)";
    for (int i = 0; i < n_properties; ++i) {
        res += (i ? "," : "") + ("\"p" + std::to_string(i)) + "\": {\"type\": \"integer\"}";
    }
    return res + "}}";
}

// a0 … of which each has the next one `n` times
std::string all_of_chain(int length, int n) {
    std::string res;
    for (int i = 0; i < length; ++i) {
        const std::string next = "{\"allOf\": [{\"$ref\": \"#/$defs/a" + std::to_string(i + 1) + "\"}]}";
        res += "\"a" + std::to_string(i) + "\": {\"type\": \"object\", \"properties\": {";
        for (int j = 0; j < n; ++j) {
            res += (j ? ", \"p" : "\"p") + std::to_string(j) + "\": " + next;
        }
        res += "}}, ";
    }
    return res + "\"a" + std::to_string(length) + "\": {\"type\": \"object\", \"properties\": {}}";
}

void test_schemas() {
    for (const std::string schema : {
            "{}", R"({"type": "object"})", R"({"enum": ["a", 1, null, "\u0000\ud83d\ude42"]})", R"({"const": {"a": [1]}})",
            R"({"type": ["string", "null"]})", R"({"type": "integer", "minimum": -5, "maximum": 9007199254740993})",
            R"({"type": "string", "pattern": "^[a-z]{2,4}(-[0-9]+)?$"})", R"({"type": "string", "format": "date-time"})",
            R"({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3})",
            R"({"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]})",
            R"({"anyOf": [{"type": "string"}, {"type": "boolean"}]})", R"({"oneOf": [{"type": "string"}, {"type": "boolean"}]})",
            R"({"$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}}, "$ref": "#/$defs/node"})",
            R"({"type": "object", "properties": {"a b\"c\\": {"type": "string"}}, "additionalProperties": false})" }) {
        const auto grammar = grammar_of(schema);
        CHECK(grammar.find("root ::=") != std::string::npos, "%s: %s", schema.c_str(), grammar.c_str());
    }
    grammar_of(object_with(200));

    refuse_schema("", "not JSON");
    refuse_schema("{", "not JSON");
    refuse_schema("7", "schema: ");
    refuse_schema(R"({"type": "cat"})", "cat");
    refuse_schema(R"({"type": 7})", "schema: ");
    refuse_schema(R"({"type": "object", "properties": 7})", "schema: ");
    refuse_schema(R"({"type": "string", "pattern": "^(?=a)b$"})", "not supported");
    refuse_schema(R"({"type": "string", "pattern": "^(a$"})", "schema: ");
    refuse_schema(R"({"$ref": "#/$defs/none"})", "$ref");
    refuse_schema(R"({"$ref": "https://example.com/schema.json"})", "$ref");
    refuse_schema(R"({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "allOf": [{"$ref": "#/$defs/a"}]})", "leads to itself");
    refuse_schema(object_with(201), "not required");
    refuse_schema(repeat(R"({"items": )", 5000) + "true" + repeat("}", 5000), "nested more than");
    refuse_schema("{\"enum\": [" + repeat("1,", 30000) + "1]}", "more than 20000 parts");
    refuse_schema(R"({"type": "string", "minLength": -1})", "minLength");

    // small, but large when it is written out, or without end
    refuse_schema(R"({"$defs": {"a": {"type": "object", "properties": {"p": {"allOf": [{"$ref": "#/$defs/a"}]}}}}, "$ref": "#/$defs/a"})", "contains itself");
    refuse_schema("{\"$defs\": {" + all_of_chain(12, 10) + "}, \"$ref\": \"#/$defs/a0\"}", "too large");
    refuse_schema(repeat(R"({"type": ["object", "object", "object"], "properties": {"a": )", 40) + "{}" + repeat("}}", 40), "too large");
    refuse_schema("{\"properties\": {\"" + repeat("n", 5000) + "\": {}}}", "longer than");
    refuse_schema("{\"$ref\": \"#/" + repeat("$", 5000) + "\"}", "longer than");
    refuse_schema("{\"type\": [" + repeat("\"null\",", 30) + "\"null\"]}", "types");
    refuse_schema(R"({"type": "string", "pattern": "^)" + repeat("a*", 10000) + "$\"}", "longer than");
    grammar_of(repeat(R"({"type": "array", "items": )", 90) + "{}" + repeat("}", 90));

    char * grammar = nullptr;
    refused(sol_schema_grammar(nullptr, &grammar), SOL_INVALID_ARGUMENT, "NULL", "NULL");
}

} // namespace

int main() {
    return run_test([] { test_schemas(); });
}
