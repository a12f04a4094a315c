#include "sol-schema.h"

#include "sol-error.h"
#include "sol-text.h"

#include "json-schema-to-grammar.h"

#include <algorithm>
#include <set>
#include <stdexcept>

// Upstream's time grows with the third power of the properties that may be left out of one object.
static constexpr size_t MAX_OPTIONAL = 200;
static constexpr size_t MAX_NODES    = 20000;

// It recurses over characters of a name, and copies a schema for each of its types.
static constexpr size_t MAX_NAME  = 4096;    // bytes of a property's name or a $ref
static constexpr size_t MAX_NAMES = 1 << 20; // of all names
static constexpr size_t MAX_TYPES = 16;

static constexpr size_t MAX_PATTERN = 1 << 14;

namespace {

struct checker {
    const std::string & what;
    const common_json & root;
    size_t              n_nodes = 0;
    size_t              n_names = 0; // bytes

    [[noreturn]] void fail(const std::string & why) const {
        throw sol_error(SOL_INVALID_ARGUMENT, what + ": " + why);
    }

    void visit(const common_json & node) {
        if (++n_nodes > MAX_NODES) {
            fail("the schema has more than " + std::to_string(MAX_NODES) + " parts");
        }
        if (node.is_object()) {
            check_lengths(node);
            check_optional(node);
            check_reference(node);
        }
        if (node.is_object() || node.is_array()) {
            for (const auto & child : node) {
                visit(child);
            }
        }
    }

    void check_lengths(const common_json & node) {
        for (const auto & [name, value] : node.items()) {
            n_names += name.size();
            const bool reference = name == "$ref" && value.is_string() && value.get<std::string>().size() > MAX_NAME;
            if (name.size() > MAX_NAME || reference) {
                fail("a name or a $ref is longer than " + std::to_string(MAX_NAME) + " bytes");
            }
            if (name == "type" && value.is_array() && value.size() > MAX_TYPES) {
                fail("a list of types has more than " + std::to_string(MAX_TYPES));
            }
            if (name == "pattern" && value.is_string() && value.get<std::string>().size() > MAX_PATTERN) {
                fail("a pattern is longer than " + std::to_string(MAX_PATTERN) + " bytes");
            }
        }
        if (n_names > MAX_NAMES) {
            fail("the names are longer than " + std::to_string(MAX_NAMES) + " bytes together");
        }
    }

    void check_optional(const common_json & node) const {
        if (!node.contains("properties") || !node.at("properties").is_object()) {
            return;
        }
        const size_t n          = node.at("properties").size();
        const size_t n_required = node.contains("required") && node.at("required").is_array() ? node.at("required").size() : 0;
        if (n > n_required + MAX_OPTIONAL) {
            fail("an object of the schema has " + std::to_string(n - n_required) + " properties that are not required, at most "
                    + std::to_string(MAX_OPTIONAL) + " can be");
        }
    }

    // A $ref that leads to itself through nothing but others.
    void check_reference(const common_json & node) const {
        std::set<std::string> seen;
        const common_json *   at = &node;
        while (at && at->is_object() && at->contains("$ref") && at->at("$ref").is_string()) {
            const auto ref = at->at("$ref").get<std::string>();
            if (!seen.insert(ref).second) {
                fail("$ref " + ref + " leads to itself");
            }
            at = target(ref);
        }
    }

    // NULL where the conversion will say what is wrong.
    const common_json * target(const std::string & ref) const {
        if (ref.compare(0, 2, "#/") != 0) {
            return nullptr;
        }
        const common_json * at = &root;
        for (size_t begin = 2; at && begin <= ref.size(); ) {
            const size_t end = std::min(ref.find('/', begin), ref.size());
            const auto   key = ref.substr(begin, end - begin);
            at    = at->is_object() && at->contains(key) ? &at->at(key) : nullptr;
            begin = end + 1;
        }
        return at;
    }
};

} // namespace

void sol_check_schema(const std::string & what, const common_json & schema) {
    checker { what, schema }.visit(schema);
}

std::string sol_grammar_of_schema(const std::string & what, const common_json & schema) {
    sol_check_schema(what, schema);

    try {
        return json_schema_to_grammar(schema);
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & e) {
        std::string why = e.what();
        std::replace(why.begin(), why.end(), '\n', ' ');
        throw sol_error(SOL_INVALID_ARGUMENT, what + ": " + why);
    }
}

sol_status sol_schema_grammar(const char * schema, char ** grammar) {
    return sol_guarded([&] {
        sol_require(schema && grammar, "sol_schema_grammar: schema and grammar must not be NULL");

        *grammar = nullptr;
        sol_on_large_stack([&] {
            *grammar = sol_make_text(sol_grammar_of_schema("schema", sol_parse_json("schema", schema)));
        });
    });
}
