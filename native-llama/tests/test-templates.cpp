// Chat templates that are wrong, or mean harm: whatever they do is an error with a message.

#include "chat-support.h"

namespace {

// Reading a template renders it dozens of times, on one account of steps, text and values: which of them ends first is not told here.
void fails(const std::string & source, const std::string & part) {
    sol_chat * chat   = nullptr;
    sol_status status = try_chat({ { "template", source } }, &chat);
    const bool made   = status == SOL_OK;
    char *     prompt = nullptr;
    if (made) {
        status = sol_chat_apply(chat, R"({"messages": [{"role": "user", "content": "x"}]})", &prompt);
    }
    refused(status, made ? SOL_INVALID_ARGUMENT : SOL_INVALID_MODEL, part, source.substr(0, 60));
    sol_chat_free(chat);
}

void test_ends() {
    fails("{% if %}", "");
    fails("{{ messages", "");
    fails("{% for m in messages %}{{ m.content }}", "");
    fails("{{ raise_exception('roles must alternate') }}", "roles must alternate");
    fails("{{ 1 / 'a' }}", "");
    fails("{{ nothing.at.all() }}", "");
    fails("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "too ");
    fails("{% for a in range(100000) %}{% for b in range(100000) %}{{ '' }}{% endfor %}{% endfor %}", "too ");
    fails("{{ range(1000000000000) | length }}", "too ");
    fails("{% set a = range(400000) %}{% set b = range(400000) %}{% set c = range(400000) %}", "too ");
    fails("{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "too ");
}

void test_nesting() {
    fails("{{ " + std::string(100000, '(') + "1" + std::string(100000, ')') + " }}", "nested too deeply");
    fails("{{ " + std::string(100000, '[') + "1" + std::string(100000, ']') + " }}", "nested too deeply");
    fails("{{ 1" + std::string(100000, '+') + "1 }}", "");
    std::string nots = "{{ ", sum = "{{ 1", ifs, elifs = "{% if a %}";
    for (int i = 0; i < 20000; ++i) {
        nots  += "not ";
        sum   += " + 1";
        ifs   += "{% if true %}";
        elifs += "{% elif a %}";
    }
    fails(nots + "1 }}", "nested too deeply");
    fails(sum + " }}", "too ");
    fails(ifs, "");
    fails(elifs + "{% endif %}", "nested too deeply");
    fails(std::string(2 << 20, 'x'), "more than");
}

void test_values_made_at_once() {
    const std::string long_text = "{% set s = ('x' * 100000).replace('x', 'x' * 80) %}";
    fails("{{ 'x' * 1000000000000000 }}", "too ");
    fails("{{ '' * 9000000000000000000 }}", "too ");
    fails("{{ 'x' | indent(1000000000000, true) }}", "too ");
    fails("{{ ('x\n' * 100000) | indent(1000, true) }}", "too ");
    fails("{{ [1] | tojson(indent=2000000000) }}", "too ");
    fails(long_text + "{{ s.replace('x', s) }}", "too ");
    fails(long_text + "{{ s.replace('', s) }}", "too ");
    fails(long_text + "{{ s.split('x') }}", "too ");
    fails(long_text + "{{ (s ~ 'y' ~ s) in (s ~ s) }}", "too ");
    fails(long_text + "{{ '{}{}{}{}'.format(s, s, s, s) }}", "too ");
    fails(long_text + "{{ [s, s, s, s] | join }}", "too ");
    fails(long_text + "{{ [s, s, s, s] | string }}", "too ");
    fails("{% set s = 'x' * 100000 %}{% set ns = namespace(a=[]) %}{% for i in range(20000) %}{% set ns.a = ns.a + [s ~ i] %}{% endfor %}", "too ");
    fails(long_text + repeat("{{ s }}", 1000), "too ");
}

// Values that are in others twice, or in themselves.
void test_values_in_values() {
    const std::string twice = "{% set ns = namespace(a=['x']) %}{% for i in range(100) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}";
    fails(twice + "{{ ns.a | tojson }}", "too ");
    fails(twice + "{{ ns.a | string }}", "too ");
    fails("{% set ns = namespace(a=(1, 1)) %}{% for i in range(100) %}{% set ns.a = (ns.a, ns.a) %}{% endfor %}{{ ns.a == ns.a }}", "too ");
    const std::string itself = "{% set ns = namespace() %}{% set ns.a = [ns] %}";
    fails(itself + "{{ ns | tojson }}", "too ");
    fails(itself + "{{ ns | string }}", "too ");
    fails(itself + "{{ ns.a }}{{ ns.a == ns.a }}{{ {'k': ns} | tojson }}", "too ");
    fails("{% set a = [] %}{% set _ = a.append(a) %}{{ a }}", "too ");
    fails("{% set ns = namespace(a=[]) %}{% for i in range(100000) %}{% set ns.a = [ns.a] %}{% endfor %}{{ raise_exception('done') }}", "too ");
}

void test_arithmetic() {
    fails("{{ 5 is divisibleby(0) }}", "division by zero");
    fails("{{ (-9223372036854775807 - 1) is divisibleby(-1) }}{{ raise_exception('done') }}", "done");

    // types that have no order
    fails("{% set ns = namespace(a=[]) %}{% for i in range(200) %}{% set ns.a = ns.a + [i, i ~ 'a', '' ~ (200 - i), none, [i]] %}{% endfor %}"
            "{{ ns.a | sort | length }}{{ raise_exception('done') }}", "done");
}

} // namespace

int main() {
    return run_test([] {
        test_ends();
        test_nesting();
        test_values_made_at_once();
        test_values_in_values();
        test_arithmetic();
    });
}
