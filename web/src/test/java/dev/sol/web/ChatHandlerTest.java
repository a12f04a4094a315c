package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.policy.Action;
import dev.sol.runtime.Grammar;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.Prompt;
import dev.sol.runtime.engine.TokenLogprobs;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With stand-ins for the engine and the template. */
class ChatHandlerTest {
    private static final String PATH = "/v1/chat/completions";
    private static final String TOOLS = "'tools': [{'type': 'function', 'function': {'name': 'f', 'parameters': {}}}]";

    private FakeServer server;

    @BeforeEach
    void start() {
        server = FakeServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
        assertThat(FakeChat.OPEN_READERS).hasValue(0);
    }

    private static String body(String more) {
        return ("{'messages': [{'role': 'user', 'content': 'Hi'}]" + (more.isEmpty() ? "" : ", ") + more + "}")
                .replace('\'', '"');
    }

    private static TraceEntry token(int id, String text) {
        return new TraceEntry(
                id, text, Action.DENSE, new TokenLogprobs(-1, 2, List.of(new TokenLogprobs.Alternative(98, -0.25f))));
    }

    private CompletableFuture<Client.Answer> ask(String more) {
        return server.client.postAsync(PATH, body(more));
    }

    @Test
    void plain() throws Exception {
        CompletableFuture<Client.Answer> answer = ask("'max_completion_tokens': 7, 'max_tokens': 9, 'stop': 'x'");
        FakeCompleter.Submission submission = server.completer.take();
        assertThat(submission.request.prompt()).isEqualTo(new Prompt.Text("[user]Hi"));
        assertThat(submission.request.maxTokens()).isEqualTo(7);
        assertThat(submission.request.stop()).containsExactly("x", "[");
        assertThat(submission.request.shownTokens()).containsExactly(7);
        submission.text("Hello");
        submission.finish("Hello");

        JsonNode body = answer.join().body();
        assertThat(body.get("object").asText()).isEqualTo("chat.completion");
        assertThat(body.get("id").asText()).startsWith("chatcmpl-");
        assertThat(body.get("choices")).isEqualTo(Client.json("""
                [{"index": 0, "message": {"role": "assistant", "content": "Hello", "refusal": null},
                  "logprobs": null, "finish_reason": "stop"}]"""));
        assertThat(body.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo(1);
        assertThat(body.fieldNames()).toIterable().contains("timings", "sol");
    }

    @Test
    void streamed() throws Exception {
        CompletableFuture<List<String>> data =
                server.client.streamAsync(PATH, body("'stream': true, 'stream_options': {'include_usage': true}"));
        FakeCompleter.Submission submission = server.completer.take();
        submission.text("Hel");
        submission.text("lo");
        submission.finish("Hello");

        List<JsonNode> chunks = EventStream.chunks(data.join());
        assertThat(chunks)
                .extracting(chunk -> chunk.at("/choices/0/delta").toString())
                .containsExactly(
                        "{\"role\":\"assistant\",\"content\":\"\"}",
                        "{\"content\":\"Hel\"}",
                        "{\"content\":\"lo\"}",
                        "{}",
                        "");
        assertThat(chunks).extracting(chunk -> chunk.get("object").asText()).containsOnly("chat.completion.chunk");
        assertThat(chunks.get(3).at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(chunks.get(3).has("sol")).isTrue();
        assertThat(chunks.get(4).get("choices")).isEmpty();
        assertThat(chunks.get(4).at("/usage/total_tokens").asInt()).isEqualTo(5);
    }

    @Test
    void logprobs() throws Exception {
        CompletableFuture<Client.Answer> answer = ask("'logprobs': true, 'top_logprobs': 1");
        FakeCompleter.Submission submission = server.completer.take();
        assertThat(submission.request.topLogprobs()).isEqualTo(1);
        submission.finish("é", FinishReason.LENGTH, token('é', "é"));
        assertThat(answer.join().body().at("/choices/0/logprobs")).isEqualTo(Client.json("""
                {"content": [{"token": "é", "logprob": -1.0, "bytes": [195, 169],
                              "top_logprobs": [{"token": "b", "logprob": -0.25, "bytes": [98]}]}]}"""));
        assertThat(answer.join().finishReason()).isEqualTo("length");
    }

    @Test
    void streamedLogprobsAndTraces() throws Exception {
        CompletableFuture<List<String>> data =
                server.client.streamAsync(PATH, body("'stream': true, 'logprobs': true, 'trace': true"));
        FakeCompleter.Submission submission = server.completer.take();
        submission.output("a", token('a', "a"));
        submission.finish("a");
        JsonNode chunk = EventStream.chunks(data.join()).get(1);
        assertThat(chunk.at("/choices/0/logprobs/content/0/token").asText()).isEqualTo("a");
        assertThat(chunk.at("/sol/trace/0/entropy").asDouble()).isEqualTo(2);
    }

    @Test
    void calls() throws Exception {
        CompletableFuture<Client.Answer> answer = ask(TOOLS);
        server.completer.take().finish("CALL f {\"x\": 1}");
        assertThat(answer.join().finishReason()).isEqualTo("tool_calls");
        assertThat(answer.join().body().at("/choices/0/message")).isEqualTo(Client.json("""
                {"role": "assistant", "content": null, "refusal": null, "tool_calls": [
                  {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\\"x\\": 1}"}}]}"""));
    }

    @Test
    void streamedCalls() throws Exception {
        CompletableFuture<List<String>> data = server.client.streamAsync(PATH, body("'stream': true, " + TOOLS));
        FakeCompleter.Submission submission = server.completer.take();
        submission.text("CALL f {}");
        submission.finish("CALL f {}");
        List<JsonNode> chunks = EventStream.chunks(data.join());
        assertThat(chunks.get(1).at("/choices/0/delta")).isEqualTo(Client.json("""
                {"tool_calls": [{"index": 0, "id": "call_1", "type": "function",
                                 "function": {"name": "f", "arguments": "{}"}}]}"""));
        assertThat(chunks.get(2).at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
    }

    @Test
    void severalChoices() throws Exception {
        CompletableFuture<List<String>> data = server.client.streamAsync(PATH, body("'stream': true, 'n': 2"));
        FakeCompleter.Submission first = server.completer.take();
        FakeCompleter.Submission second = server.completer.take();
        second.text("2");
        second.finish("2");
        first.text("1");
        first.finish("1");
        List<JsonNode> chunks = EventStream.chunks(data.join());
        assertThat(contents(chunks, 0)).containsExactly("", "1", "");
        assertThat(contents(chunks, 1)).containsExactly("", "2", "");
    }

    /** Of one choice; nothing is said of the order in which choices take turns. */
    private static List<String> contents(List<JsonNode> chunks, int choice) {
        return chunks.stream()
                .filter(chunk -> chunk.at("/choices/0/index").asInt() == choice)
                .map(chunk -> chunk.at("/choices/0/delta/content").asText(""))
                .toList();
    }

    @Test
    void aChoiceThatFailsEndsTheOthers() throws Exception {
        CompletableFuture<Client.Answer> answer = ask("'n': 2");
        FakeCompleter.Submission first = server.completer.take();
        FakeCompleter.Submission second = server.completer.take();
        first.fail(new dev.sol.runtime.RequestException("no", "prompt", "context_length_exceeded"));
        assertThat(answer.join().status()).isEqualTo(400);
        assertThat(second.awaitCancelled()).isTrue();
    }

    @Test
    void formats() throws Exception {
        CompletableFuture<Client.Answer> answer = ask("'response_format': {'type': 'json_object'}");
        FakeCompleter.Submission submission = server.completer.take();
        assertThat(submission.request.sampling().grammar()).isEqualTo(Grammar.gbnf("root ::= [j]"));
        submission.finish("{}");
        assertThat(answer.join().status()).isEqualTo(200);
    }

    @Test
    void partsAndRoles() {
        Client.Answer answer = server.client.post("/apply-template", """
                {"messages": [{"role": "developer", "content": [{"type": "text", "text": "Be"}]},
                              {"role": "user", "content": "Hi"}]}""");
        assertThat(answer.body().get("prompt").asText()).isEqualTo("[system][user]Hi"); // the fake reads no parts
    }

    @Test
    void whatTheTemplateRefuses() {
        Client.Answer answer = server.client.post(PATH, """
                {"messages": [{"role": "tool", "content": "x"}]}""");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().get("param").asText()).isEqualTo("messages");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            messages                       | {}
            messages                       | {'messages': []}
            messages                       | {'messages': 'Hi'}
            messages[0]                    | {'messages': ['Hi']}
            messages[0].role               | {'messages': [{'role': 'king', 'content': 'x'}]}
            messages[0].role               | {'messages': [{'content': 'x'}]}
            messages[0].content            | {'messages': [{'role': 'user'}]}
            messages[0].content            | {'messages': [{'role': 'user', 'content': 5}]}
            messages[0].content[0].type    | {'messages': [{'role': 'user', 'content': [{'type': 'image_url'}]}]}
            messages[0].content[0].text    | {'messages': [{'role': 'user', 'content': [{'type': 'text'}]}]}
            tools                          | {'tools': 'f'}
            tools[0].type                  | {'tools': [{'type': 'code'}]}
            tools[0].function              | {'tools': [{'type': 'function'}]}
            tools[0].function.name         | {'tools': [{'type': 'function', 'function': {}}]}
            tool_choice                    | {'tool_choice': 'required'}
            tool_choice                    | {'tool_choice': 'sometimes'}
            tool_choice                    | {'tool_choice': {'type': 'function', 'function': {'name': 'g'}}}
            top_logprobs                   | {'messages': [{'role': 'user', 'content': 'x'}], 'top_logprobs': 2}
            top_logprobs                   | {'messages': [{'role': 'user', 'content': 'x'}], 'logprobs': true, 'top_logprobs': 21}
            logprobs                       | {'messages': [{'role': 'user', 'content': 'x'}], 'logprobs': 2}
            max_completion_tokens          | {'messages': [{'role': 'user', 'content': 'x'}], 'max_completion_tokens': 4097}
            max_tokens                     | {'messages': [{'role': 'user', 'content': 'x'}], 'max_tokens': 0}
            response_format.type           | {'messages': [{'role': 'user', 'content': 'x'}], 'response_format': {'type': 'x'}}
            chat_template_kwargs           | {'messages': [{'role': 'user', 'content': 'x'}], 'chat_template_kwargs': 1}
            n                              | {'messages': [{'role': 'user', 'content': 'x'}], 'n': 5}
            """)
    void wrongFields(String param, String json) {
        Client.Answer answer = server.client.post(PATH, json.replace('\'', '"'));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().get("param").asText()).isEqualTo(param);
        assertThat(server.completer.isIdle()).isTrue();
    }

    @Test
    void hangingUpCancelsAllChoices() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.post(PATH, body("'n': 2"));
            FakeCompleter.Submission first = server.completer.take();
            FakeCompleter.Submission second = server.completer.take();
            client.hangUp();
            assertThat(first.awaitCancelled()).isTrue();
            assertThat(second.awaitCancelled()).isTrue();
        }
    }
}
