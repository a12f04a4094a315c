package dev.sol.runtime.openai;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Grammar;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.NamedPolicy;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.engine.Prompt;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionParserTest {
    private final CompletionParser parser = new CompletionParser("the-model", PolicyRegistry.BUILT_IN);

    private CompletionCall parse(String body) {
        return parser.parse(body.getBytes(UTF_8));
    }

    private CompletionRequest request(String body) {
        return parse(body).request();
    }

    @Test
    void defaults() {
        CompletionCall call = parse("{\"prompt\": \"Once\"}");

        assertThat(call.delivery().stream()).isFalse();
        assertThat(call.delivery().includeUsage()).isFalse();
        CompletionRequest request = call.request();
        assertThat(request.prompt()).isEqualTo(new Prompt.Text("Once"));
        assertThat(request.maxTokens()).isEqualTo(128);
        assertThat(request.sampling()).isEqualTo(SamplingOptions.DEFAULT);
        assertThat(request.stop()).isEmpty();
        assertThat(request.ignoreEos()).isFalse();
        assertThat(request.budget()).isNull();
        assertThat(request.policy().name()).isEqualTo("uniform");
        assertThat(request.trace()).isFalse();
    }

    @Test
    void everyField() {
        CompletionCall call = parse("""
                {"prompt": "Once", "model": "the-model", "max_tokens": 5, "temperature": 1, "top_k": 3, "top_p": 0.5,
                 "min_p": 0.1, "repeat_penalty": 1.2, "frequency_penalty": 0.3, "presence_penalty": -0.4,
                 "repeat_last_n": -1, "seed": 4294967294, "stop": ["a", "b"], "ignore_eos": true, "budget": 0.6,
                 "policy": "random", "trace": true, "stream": true, "stream_options": {"include_usage": true},
                 "n": 1, "best_of": 1, "echo": false, "suffix": null, "logprobs": null, "logit_bias": {},
                 "user": "somebody", "an unknown field": [1, {}]}
                """);

        assertThat(call.delivery().stream()).isTrue();
        assertThat(call.delivery().includeUsage()).isTrue();
        CompletionRequest request = call.request();
        assertThat(request.maxTokens()).isEqualTo(5);
        assertThat(request.sampling())
                .isEqualTo(new SamplingOptions(1, 3, 0.5, 0.1, 1.2, 0.3, -0.4, -1, OptionalInt.of(-2)));
        assertThat(request.stop()).containsExactly("a", "b");
        assertThat(request.ignoreEos()).isTrue();
        assertThat(request.policy().name()).isEqualTo("random");
        assertThat(request.trace()).isTrue();
    }

    @Test
    void nullCountsAsMissing() {
        assertThat(request("""
                        {"prompt": "Once", "max_tokens": null, "temperature": null, "stop": null, "budget": null, "seed": null,
                         "policy": null, "model": null, "stream": null, "stream_options": null, "ignore_eos": null, "n": null}
                        """)).isEqualTo(request("{\"prompt\": \"Once\"}"));
    }

    @Test
    void prompts() {
        assertThat(request("{\"prompt\": \"\"}").prompt()).isEqualTo(new Prompt.Text(""));
        assertThat(request("{\"prompt\": [\"Once\"]}").prompt()).isEqualTo(new Prompt.Text("Once"));
        assertThat(request("{\"prompt\": [1, 2]}").prompt()).isEqualTo(new Prompt.Tokens(List.of(1, 2)));
        assertThat(request("{\"prompt\": [7]}").prompt()).isEqualTo(new Prompt.Tokens(List.of(7)));
        assertThat(request("{\"prompt\": [[1, 2]]}").prompt()).isEqualTo(new Prompt.Tokens(List.of(1, 2)));
        assertThat(request("{\"prompt\": \"\\ud83d\\ude42 \\u0000\"}").prompt()).isEqualTo(new Prompt.Text("🙂 \0"));
    }

    @Test
    void aStopStringMayStandAlone() {
        assertThat(request("{\"prompt\": \"x\", \"stop\": \"\\n\"}").stop()).containsExactly("\n");
        assertThat(request("{\"prompt\": \"x\", \"stop\": []}").stop()).isEmpty();
    }

    @Test
    void aRandomSeedIsMinusOne() {
        assertThat(request("{\"prompt\": \"x\", \"seed\": -1}").sampling().seed())
                .isEmpty();
        assertThat(request("{\"prompt\": \"x\", \"seed\": 0}").sampling().seed())
                .hasValue(0);
    }

    @Test
    void aBudgetIsResolved() {
        Budget net = request("{\"prompt\": \"x\", \"budget\": 0.2}").budget();
        assertThat(net).isNotNull();
        assertThat(net.net()).isCloseTo(0.2, offset(1e-9));
        assertThat(net.bits()).isEqualTo(4); // a quarter is the least, the others make up for it

        assertThat(request("{\"prompt\": \"x\", \"budget\": {\"mlp\": 0.5}}").budget())
                .isEqualTo(new Budget(1, 0.5, 16));
        assertThat(request("{\"prompt\": \"x\", \"budget\": {\"attn\": 0.1, \"mlp\": 1, \"bits\": 8, }}"
                                .replace(", }", "}"))
                        .budget())
                .isEqualTo(new Budget(0.1, 1, 8));
        assertThat(request("{\"prompt\": \"x\", \"budget\": {}}").budget()).isEqualTo(Budget.DENSE);
        assertThat(request("{\"prompt\": \"x\", \"budget\": 1}").budget()).satisfies(dense -> {
            for (Axis axis : Axis.values()) {
                assertThat(dense.get(axis)).isEqualTo(axis.dense());
            }
        });
    }

    @Test
    void aTimePerTokenIsPassedOn() {
        CompletionRequest timed = request("{\"prompt\": \"x\", \"budget\": {\"ms_per_token\": 12.5}}");
        assertThat(timed.millisPerToken()).hasValue(12.5);
        assertThat(timed.budget()).isNull();
        assertThat(timed.isBudgeted()).isTrue();

        CompletionRequest none = request("{\"prompt\": \"x\"}");
        assertThat(none.millisPerToken()).isEmpty();
        assertThat(none.isBudgeted()).isFalse();
        assertThat(request("{\"prompt\": \"x\", \"budget\": 1}").isBudgeted()).isTrue();
    }

    @Test
    void aDeadlineIsPassedOn() {
        CompletionRequest timed = request("{\"prompt\": \"x\", \"budget\": {\"deadline_ms\": 900}}");
        assertThat(timed.deadlineMillis()).hasValue(900);
        assertThat(timed.isBudgeted()).isTrue();
    }

    @Test
    void choices() {
        CompletionCall call = parse("{\"prompt\": [\"a\", [1]], \"n\": 2, \"best_of\": 2, \"seed\": 5}");
        assertThat(call.choicesPerPrompt()).isEqualTo(2);
        assertThat(call.requests())
                .extracting(CompletionRequest::prompt)
                .containsExactly(
                        new Prompt.Text("a"),
                        new Prompt.Text("a"),
                        new Prompt.Tokens(List.of(1)),
                        new Prompt.Tokens(List.of(1)));
        assertThat(call.requests())
                .extracting(request -> request.sampling().seed().getAsInt())
                .containsExactly(5, 6, 5, 6);
    }

    @Test
    void probabilitiesAndEchoes() {
        CompletionCall call = parse("{\"prompt\": \"x\", \"echo\": true, \"logprobs\": 3, \"max_tokens\": 0}");
        assertThat(call.echo()).isTrue();
        assertThat(call.logprobs()).isTrue();
        assertThat(call.request().topLogprobs()).isEqualTo(3);
        assertThat(call.request().promptLogprobs()).isTrue();
        assertThat(call.request().maxTokens()).isZero();
        assertThat(request("{\"prompt\": \"x\", \"echo\": true}").promptLogprobs())
                .isFalse();
        assertThat(request("{\"prompt\": \"x\"}").topLogprobs()).isEqualTo(-1);
        assertThatThrownBy(() -> parse("{\"prompt\": \"x\", \"echo\": true, \"logprobs\": 0, \"stream\": true}"))
                .hasMessageContaining("cannot be streamed");
    }

    @Test
    void biasesAndFormats() {
        SamplingOptions biased = request("{'prompt': 'x', 'logit_bias': {'5': -100, '6': 1.5}}".replace('\'', '"'))
                .sampling();
        assertThat(biased.logitBias()).isEqualTo(Map.of(5, -100.0, 6, 1.5));
        assertThat(request(parser, "{'prompt': 'x', 'response_format': {'type': 'text'}}")
                        .sampling()
                        .grammar())
                .isNull();
        assertThat(request(parser, "{'prompt': 'x', 'grammar': 'root ::= [a]'}")
                        .sampling()
                        .grammar())
                .isEqualTo(Grammar.gbnf("root ::= [a]"));
        assertThat(request(parser, "{'prompt': 'x', 'grammar': ''}").sampling().grammar())
                .isNull();
    }

    @Tag("native")
    @Test
    void schemasAreGrammars() {
        assertThat(request(parser, "{'prompt': 'x', 'response_format': {'type': 'json_object'}}")
                        .sampling()
                        .grammar())
                .isEqualTo(Grammar.jsonObject());
        assertThat(request(
                                parser,
                                "{'prompt': 'x', 'response_format': {'type': 'json_schema', 'json_schema':"
                                        + " {'name': 'n', 'strict': true, 'schema': {'type': 'boolean'}}}}")
                        .sampling()
                        .grammar())
                .isNotNull();
        assertThatThrownBy(() -> request(
                        parser,
                        "{'prompt': 'x', 'grammar': 'root ::= [a]', 'response_format': {'type': 'json_object'}}"))
                .hasMessageContaining("not both");
    }

    @Test
    void theServersLimits() {
        RequestLimits limits = new RequestLimits(50, 2, Optional.of(Duration.ofSeconds(3)));
        CompletionParser limited = new CompletionParser("m", PolicyRegistry.BUILT_IN, limits);
        CompletionRequest request = request(limited, "{'prompt': 'x'}");
        assertThat(request.maxTokens()).isEqualTo(50);
        assertThat(request.timeout()).contains(Duration.ofSeconds(3));
        assertThatThrownBy(() -> request(limited, "{'prompt': 'x', 'max_tokens': 51}"))
                .hasMessageContaining("at most 50, this server's limit");
        assertThatThrownBy(() -> request(limited, "{'prompt': 'x', 'n': 3}")).hasMessageContaining("from 1 to 2");
        assertThatThrownBy(() -> request(limited, "{'prompt': ['x', 'y'], 'n': 2}"))
                .hasMessageContaining("more than 2 choices");
    }

    /** field | code | a part of the message | JSON of the field */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            prompt             | missing_required_parameter | missing            | null
            prompt             | invalid_type   | the number 5                   | 5
            prompt             | invalid_type   | an object                      | {}
            prompt             | invalid_type   | an array                       | []
            prompt             | invalid_type   | an array                       | [[]]
            prompt             | invalid_type   | the number 1                   | ["a", 1]
            prompt             | invalid_value  | 17 prompts with n = 1          | ["","","","","","","","","","","","","","","","",""]
            prompt             | invalid_type   | the number 1.5                 | [1, 1.5]
            prompt             | invalid_type   | the number 99999999999         | [1, 99999999999]
            prompt             | invalid_type   | true                           | [1, true]
            prompt             | invalid_value  | surrogate                      | "\\ud83d"
            max_tokens         | invalid_value  | at least 1, not 0              | 0
            max_tokens         | invalid_value  | at least 1, not -1             | -1
            max_tokens         | invalid_type   | an integer, not the number 1.0 | 1.0
            max_tokens         | invalid_type   | an integer, not a string       | "5"
            max_tokens         | invalid_value  | at most 2147483647             | 3000000000
            max_tokens         | invalid_value  | out of range                   | 99999999999999999999
            temperature        | invalid_value  | from 0 to 100, not -1          | -1
            temperature        | invalid_value  | not Infinity                   | 1e999
            temperature        | invalid_type   | a number, not true             | true
            temperature        | invalid_type   | a number, not a string         | "0.5"
            top_k              | invalid_value  | at least 0                     | -1
            top_k              | invalid_type   | an integer                     | 0.5
            top_p              | invalid_value  | from 0 to 1, not 1.1           | 1.1
            top_p              | invalid_value  | not -0.1                       | -0.1
            min_p              | invalid_value  | from 0 to 1                    | 2
            repeat_penalty     | invalid_value  | from 0.01 to 100, not 0        | 0
            frequency_penalty  | invalid_value  | from -100 to 100               | 1e6
            presence_penalty   | invalid_value  | from -100 to 100               | -1e6
            repeat_last_n      | invalid_value  | at least -1                    | -2
            seed               | invalid_value  | from 0 to 4294967294           | -2
            seed               | invalid_value  | from 0 to 4294967294           | 4294967295
            seed               | invalid_value  | out of range                   | 99999999999999999999
            seed               | invalid_type   | an integer                     | 1.5
            stop               | invalid_type   | a string or an array           | 5
            stop               | invalid_type   | a string or an array           | ["a", 5]
            stop               | invalid_value  | empty                          | ""
            stop               | invalid_value  | empty                          | ["a", ""]
            stop               | invalid_value  | at most 16                     | ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"]
            ignore_eos         | invalid_type   | true or false, not the number 1| 1
            trace              | invalid_type   | true or false, not a string    | "yes"
            stream             | invalid_type   | true or false                  | "true"
            stream_options     | invalid_type   | a JSON object, not true | true
            stream_options.include_usage | invalid_type | true or false          | {"include_usage": 1}
            model              | model_not_found| 'other' is not loaded          | "other"
            model              | invalid_type   | a string                       | 1
            policy             | invalid_value  | random, entropy, drift         | "magic"
            policy             | invalid_type   | a string                       | 1
            n                  | invalid_value  | from 1 to 16, not 17           | 17
            n                  | invalid_value  | from 1 to 16, not 0            | 0
            best_of            | invalid_value  | must be n, not 3               | 3
            echo               | invalid_type   | true or false                  | 1
            suffix             | unsupported_parameter | not supported           | "x"
            logprobs           | invalid_value  | from 0 to 20, not 21           | 21
            logprobs           | invalid_type   | an integer                     | true
            logit_bias         | invalid_type   | a JSON object, not an array    | [[5, 1]]
            logit_bias         | invalid_value  | 'five' is none                 | {"five": 1}
            logit_bias         | invalid_value  | from -100 to 100, not 101      | {"5": 101}
            logit_bias.5       | invalid_type   | a number, not false            | {"5": false}
            response_format    | invalid_type   | a JSON object                  | "json"
            response_format.type | missing_required_parameter | missing          | {}
            response_format.type | invalid_value | json_object or json_schema    | {"type": "xml"}
            response_format.json_schema | invalid_type | a JSON object           | {"type": "json_schema"}
            response_format.json_schema.schema | invalid_type | a JSON object    | {"type": "json_schema", "json_schema": {"name": "x"}}
            grammar            | invalid_type   | a string                       | 5
            cache_prompt       | invalid_type   | true or false                  | 1
            budget             | unattainable_budget | 0.1167 (the minimum)      | 0
            budget             | unattainable_budget | 0.1167 (the minimum)      | -1
            budget             | unattainable_budget | and 1                     | 1.01
            budget             | unattainable_budget | Infinity                  | 1e999
            budget             | invalid_type   | a number or an object          | "half"
            budget             | invalid_type   | a number or an object          | [0.5]
            budget             | invalid_type   | a number or an object          | true
            budget.attn        | unattainable_budget | 0.05 (the minimum)        | {"attn": 0.01}
            budget.mlp         | unattainable_budget | and 1                     | {"mlp": 1.5}
            budget.bits        | unattainable_budget | 4 (the minimum)           | {"bits": 3}
            budget.bits        | invalid_type   | a number, not a string         | {"bits": "8"}
            budget.atn         | unknown_parameter | attn, mlp and bits          | {"atn": 0.5}
            budget             | invalid_value  | either ms_per_token, or        | {"ms_per_token": 10, "attn": 0.5}
            budget.ms_per_token | invalid_value | more than 0, not 0             | {"ms_per_token": 0}
            budget.ms_per_token | invalid_value | more than 0, not -1            | {"ms_per_token": -1}
            budget.ms_per_token | invalid_value | more than 0, not Infinity      | {"ms_per_token": 1e999}
            budget.ms_per_token | invalid_type  | a number, not a string         | {"ms_per_token": "10"}
            budget             | invalid_value  | or deadline_ms                 | {"ms_per_token": 10, "deadline_ms": 100}
            budget.deadline_ms | invalid_value  | more than 0, not 0             | {"deadline_ms": 0}
            budget.deadline_ms | invalid_type   | a number, not true             | {"deadline_ms": true}
            """)
    void wrongFields(String param, String code, String message, String json) {
        String field = param.contains(".") ? param.substring(0, param.indexOf('.')) : param;
        String prompt = field.equals("prompt") ? "" : "\"prompt\": \"x\", ";

        assertThatThrownBy(() -> parse("{" + prompt + "\"" + field + "\": " + json + "}"))
                .isInstanceOfSatisfying(RequestException.class, e -> {
                    assertThat(e.param()).isEqualTo(param);
                    assertThat(e.code()).isEqualTo(code);
                })
                .hasMessageContaining(message);
    }

    @Test
    void aMissingPrompt() {
        assertThatThrownBy(() -> parse("{}"))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("prompt"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "{",
                "{\"prompt\": \"x\"",
                "{\"prompt\": x}",
                "{'prompt': 'x'}",
                "{\"prompt\": \"x\",}",
                "{\"prompt\": \"x\"} {}",
                "{\"prompt\": \"x\"} y",
                "{\"temperature\": NaN, \"prompt\": \"x\"}",
                "{\"prompt\": \"x\", \"prompt\": \"y\"}",
                "nonsense",
                "{\"prompt\": \"\n\"}",
                "{\"prompt\": 01}"
            })
    void whatIsNotJson(String body) {
        assertThatThrownBy(() -> parse(body))
                .isInstanceOfSatisfying(RequestException.class, e -> {
                    assertThat(e.param()).isNull();
                    assertThat(e.code()).isEqualTo("invalid_json");
                })
                .hasMessageStartingWith("the body is not valid JSON: ")
                .hasMessageNotContaining("\n")
                .hasMessageNotContainingAny("com.fasterxml", "Feature", "Node");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "5", "\"prompt\"", "null", "true"})
    void jsonThatIsNoObject(String body) {
        assertThatThrownBy(() -> parse(body))
                .isInstanceOfSatisfying(RequestException.class, e -> {
                    assertThat(e.param()).isNull();
                    assertThat(e.code()).isEqualTo("invalid_type");
                })
                .hasMessageStartingWith("the body must be a JSON object");
    }

    @Test
    void bytesThatAreNoText() {
        assertThatThrownBy(() -> parser.parse("{\"prompt\": \"é\"}".getBytes(ISO_8859_1)))
                .isInstanceOf(RequestException.class);
        // JSON may also be UTF-16
        assertThat(parser.parse("{\"prompt\": \"é\"}".getBytes(UTF_16BE))
                        .request()
                        .prompt())
                .isEqualTo(new Prompt.Text("é"));
    }

    @Test
    void nestingIsLimited() {
        String deep = "[".repeat(100_000);

        assertThatThrownBy(() -> parse(deep))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("depth");
        assertThatThrownBy(() -> parse("{\"prompt\": \"x\", \"top_k\": " + "9".repeat(100_000) + "}"))
                .isInstanceOf(RequestException.class);
    }

    @Test
    void theRegistryHasThePoliciesAndTheDefault() {
        ComputePolicy learned = NamedPolicy.of("learned");
        PolicyRegistry policies = PolicyRegistry.BUILT_IN.with(learned).withDefault("learned");
        CompletionParser with = new CompletionParser("m", policies);

        assertThat(request(with, "{'prompt': 'x', 'budget': 0.5}").policy()).isSameAs(learned);
        assertThat(request(with, "{'prompt': 'x', 'policy': 'random'}").policy().name())
                .isEqualTo("random");
        assertThat(request(parser, "{'prompt': 'x', 'budget': 0.5}").policy().name())
                .isEqualTo("uniform");
        assertThatThrownBy(() -> request(with, "{'prompt': 'x', 'policy': 'other'}"))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("policy"))
                .hasMessageContaining("unknown policy 'other'; known: dense, uniform, random, entropy, drift, learned");
    }

    @Test
    void thePolicyResolvesABudgetOfOneNumberAndItsGridThoseOfAxes() {
        ActionGrid grid = new ActionGrid(new double[] {.5, 1}, new double[] {.5, 1}, new int[] {8});
        ComputePolicy learned = new NamedPolicy("learned", grid, net -> new Budget(net, 1, 8));
        CompletionParser with =
                new CompletionParser("m", PolicyRegistry.BUILT_IN.with(learned).withDefault("learned"));

        assertThat(request(with, "{'prompt': 'x', 'budget': 0.75}").budget()).isEqualTo(new Budget(.75, 1, 8));
        assertThat(request(with, "{'prompt': 'x', 'budget': {'attn': 0.6}}").budget())
                .isEqualTo(new Budget(.6, 1, 8));
        assertThatThrownBy(() -> request(with, "{'prompt': 'x', 'budget': {'attn': 0.4}}"))
                .hasMessageContaining("0.5 (the minimum)");
    }

    private static CompletionRequest request(CompletionParser parser, String json) {
        return parser.parse(json.replace('\'', '"').getBytes(UTF_8)).request();
    }
}
