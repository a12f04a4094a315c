package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every mistake is answered with one clear message, and the server lives on. */
@Tag("model")
class BadInputModelTest {
    private static ModelServer server;

    @BeforeAll
    static void start() {
        server = ModelServer.start(8);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void theServerLivesOn() {
        Client.Answer answer =
                server.client.complete("{\"prompt\": \"Once\", \"max_tokens\": 2, \"ignore_eos\": true}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().at("/usage/completion_tokens").asInt()).isEqualTo(2);
    }

    private static void assertRefused(Client.Answer answer, int status, String param, String code, String message) {
        assertThat(answer.status()).as(answer.http().body()).isEqualTo(status);
        assertThat(answer.header("content-type")).isEqualTo("application/json; charset=utf-8");
        assertThat(answer.body().fieldNames()).toIterable().containsExactly("error");
        assertThat(answer.error().fieldNames()).toIterable().containsExactly("message", "type", "param", "code");
        assertThat(answer.error().get("type").asText()).isEqualTo("invalid_request_error");
        assertThat(answer.error().get("param").asText("")).isEqualTo(param);
        assertThat(answer.error().get("code").asText()).isEqualTo(code);
        assertThat(answer.error().get("message").asText()).contains(message.split("~"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "``                                  | not valid JSON~empty",
                "`{\"prompt\"`                       | not valid JSON~line 1, column",
                "`{\"prompt\": \"x\"} {}`            | not valid JSON",
                "`{\"prompt\": \"x\", \"budget\": NaN}` | not valid JSON~NaN",
                "`{'prompt': 'x'}`                   | not valid JSON",
                "`prompt=x&max_tokens=3`             | not valid JSON",
            })
    void malformedJson(String body, String message) {
        assertRefused(server.client.complete(body), 400, "", "invalid_json", message);
    }

    @Test
    void jsonThatIsTooDeepOrHasHugeNumbers() {
        assertRefused(server.client.complete("[".repeat(90_000)), 400, "", "invalid_json", "not valid JSON");
        String number = "{\"prompt\": \"x\", \"seed\": %s}".formatted("7".repeat(90_000));
        assertRefused(server.client.complete(number), 400, "", "invalid_json", "not valid JSON");
    }

    @Test
    void bytesThatAreNoText() {
        byte[] body = {'{', '"', (byte) 0xC3, (byte) 0x28, '"', ':', '1', '}'};
        assertRefused(
                server.client.send(server.client
                        .request("/v1/completions")
                        .POST(BodyPublishers.ofByteArray(body))
                        .build()),
                400,
                "",
                "invalid_json",
                "not valid JSON");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {"[]", "3", "null", "`\"text\"`"})
    void jsonThatIsNoObject(String body) {
        assertRefused(server.client.complete(body), 400, "", "invalid_type", "the body must be a JSON object");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "`\"max_tokens\": \"3\"`     | max_tokens     | a string",
                "`\"max_tokens\": 1.5`       | max_tokens     | 1.5",
                "`\"temperature\": \"hot\"`  | temperature    | a number~a string",
                "`\"stream\": 1`             | stream         | true or false",
                "`\"stop\": 3`               | stop           | a string or an array",
                "`\"stop\": [3]`             | stop           | a string or an array",
                "`\"budget\": \"0.6\"`       | budget         | a number or an object",
                "`\"budget\": {\"mlp\": []}` | budget.mlp     | a number~an array",
                "`\"policy\": 3`             | policy         | a string",
                "`\"trace\": \"yes\"`        | trace          | true or false",
                "`\"ignore_eos\": 1`         | ignore_eos     | true or false",
                "`\"model\": 7`              | model          | a string",
                "`\"stream_options\": 1`     | stream_options | a JSON object",
            })
    void wrongTypes(String field, String param, String message) {
        assertRefused(
                server.client.complete("{\"prompt\": \"x\", %s}".formatted(field)),
                400,
                param,
                "invalid_type",
                message);
    }

    @ParameterizedTest
    @CsvSource({"{\"x\": 1}", "{\"prompt\": null}"})
    void noPrompt(String body) {
        assertRefused(server.client.complete(body), 400, "prompt", "missing_required_parameter", "prompt is missing");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "`\"max_tokens\": 0`          | max_tokens        | at least 1",
                "`\"max_tokens\": -5`         | max_tokens        | at least 1",
                "`\"max_tokens\": 3000000000` | max_tokens        | at most",
                "`\"temperature\": -0.1`      | temperature       | from 0 to 100",
                "`\"temperature\": 1e999`     | temperature       | from 0 to 100",
                "`\"top_p\": 1.5`             | top_p             | from 0 to 1",
                "`\"top_p\": -1`              | top_p             | from 0 to 1",
                "`\"min_p\": 2`               | min_p             | from 0 to 1",
                "`\"top_k\": -1`              | top_k             | at least 0",
                "`\"repeat_penalty\": 0`      | repeat_penalty    | repeat_penalty",
                "`\"frequency_penalty\": 1e9` | frequency_penalty | from -100 to 100",
                "`\"presence_penalty\": -101` | presence_penalty  | from -100 to 100",
                "`\"seed\": -2`               | seed              | from 0",
                "`\"stop\": [\"\"]`           | stop              | empty",
                "`\"policy\": \"cleverest\"`  | policy            | cleverest~uniform~random",
                "`\"n\": 17`                  | n                 | from 1 to 16",
            })
    void valuesOutOfRange(String field, String param, String message) {
        assertRefused(
                server.client.complete("{\"prompt\": \"x\", %s}".formatted(field)),
                400,
                param,
                "invalid_value",
                message);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "0.01               | budget      | 0.1167 (the minimum)~1~0.01",
                "0                  | budget      | 0.1167 (the minimum)",
                "-0.5               | budget      | the minimum",
                "1.01               | budget      | 1.01",
                "1e999              | budget      | Infinity",
                "`{\"attn\": 0.01}` | budget.attn | 0.05 (the minimum)",
                "`{\"mlp\": 2}`     | budget.mlp  | the minimum",
                "`{\"bits\": 3}`    | budget.bits | 4 (the minimum)",
                "`{\"bits\": 17}`   | budget.bits | 16",
            })
    void unattainableBudgets(String budget, String param, String message) {
        assertRefused(
                server.client.complete("{\"prompt\": \"x\", \"budget\": %s}".formatted(budget)),
                400,
                param,
                "unattainable_budget",
                message);
    }

    @Test
    void misspeltBudget() {
        assertRefused(
                server.client.complete("{\"prompt\": \"x\", \"budget\": {\"atn\": 0.5}}"),
                400,
                "budget.atn",
                "unknown_parameter",
                "attn, mlp and bits");
    }

    @Test
    void unknownModel() {
        assertRefused(
                server.client.complete("{\"prompt\": \"x\", \"model\": \"gpt-5\"}"),
                404,
                "model",
                "model_not_found",
                "gpt-5~" + ModelServer.MODEL);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void aPromptLongerThanTheContext(boolean stream) {
        int[] tokens = new int[300];
        Arrays.fill(tokens, 5);
        assertRefused(
                server.client.complete("{\"prompt\": %s, \"stream\": %s}".formatted(Arrays.toString(tokens), stream)),
                400,
                "prompt",
                "context_length_exceeded",
                "300~" + ModelServer.CONTEXT);
        assertRefused(
                server.client.complete("{\"prompt\": \"%s\", \"stream\": %s}".formatted("word ".repeat(1000), stream)),
                400,
                "prompt",
                "context_length_exceeded",
                "tokens~" + ModelServer.CONTEXT);
    }

    @ParameterizedTest
    @CsvSource({"-1", "2048", "2147483647"})
    void tokensThatTheModelDoesNotHave(int token) {
        assertRefused(
                server.client.complete("{\"prompt\": [5, %d]}".formatted(token)),
                400,
                "prompt",
                "invalid_value",
                "token " + token);
    }

    @Test
    void aBodyOverTheLimit() {
        assertRefused(
                server.client.complete("{\"prompt\": \"%s\"}".formatted("x".repeat(100_001))),
                413,
                "",
                "body_too_large",
                "100000 bytes");
    }
}
