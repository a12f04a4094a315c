package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.ClosedException;
import dev.sol.runtime.RequestException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** With a stand-in for the engine: what the handler does with what the engine does. */
class CompletionsHandlerTest {
    private static final String PLAIN = "{\"prompt\": \"x\"}";
    private static final String STREAM = "{\"prompt\": \"x\", \"stream\": true}";

    private final Logger log = (Logger) LoggerFactory.getLogger(Responses.class);
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private FakeServer server;

    @BeforeEach
    void start() {
        server = FakeServer.start();
        logged.start();
        log.addAppender(logged);
        log.setAdditive(false); // the failures of these tests are meant
    }

    @AfterEach
    void stop() {
        log.detachAppender(logged);
        log.setAdditive(true);
        server.close();
    }

    @Test
    void plain() throws Exception {
        CompletableFuture<Client.Answer> answer = server.client.completeAsync(PLAIN);
        FakeCompleter.Submission submission = server.completer.take();
        submission.text("so");
        submission.text("me");
        submission.finish("some");

        assertThat(answer.join().status()).isEqualTo(200);
        assertThat(answer.join().header("content-type")).isEqualTo("application/json; charset=utf-8");
        assertThat(answer.join().text()).isEqualTo("some");
        assertThat(answer.join().finishReason()).isEqualTo("stop");
        assertThat(answer.join().body().get("model").asText()).isEqualTo("fake");
        assertThat(answer.join().body().fieldNames())
                .toIterable()
                .containsExactly("id", "object", "created", "model", "choices", "usage", "timings", "sol");
    }

    @Test
    void streamed() throws Exception {
        CompletableFuture<List<String>> data = server.client.streamAsync(STREAM);
        FakeCompleter.Submission submission = server.completer.take();
        submission.text("so\n\n");
        submission.text("me ü🙂");
        submission.finish("so\n\nme ü🙂");

        List<JsonNode> chunks = EventStream.chunks(data.join());
        assertThat(chunks).hasSize(3);
        assertThat(EventStream.text(chunks)).isEqualTo("so\n\nme ü🙂");
        assertThat(chunks)
                .extracting(chunk -> chunk.get("id"))
                .containsOnly(chunks.get(0).get("id"));
        for (JsonNode chunk : chunks.subList(0, 2)) {
            assertThat(chunk.at("/choices/0/finish_reason").isNull()).isTrue();
            assertThat(chunk.fieldNames()).toIterable().containsExactly("id", "object", "created", "model", "choices");
        }
        assertThat(chunks.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(chunks.getLast().fieldNames()).toIterable().contains("usage", "timings", "sol");
    }

    @Test
    void usageChunkOnRequest() throws Exception {
        CompletableFuture<List<String>> data = server.client.streamAsync(
                "{\"prompt\": \"x\", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        server.completer.take().finish("");

        List<JsonNode> chunks = EventStream.chunks(data.join());
        assertThat(chunks).hasSize(2);
        assertThat(chunks.get(1).get("choices")).isEmpty();
        assertThat(chunks.get(1).at("/usage/total_tokens").asInt()).isEqualTo(5);
    }

    @Test
    void piecesStayInOrder() throws Exception {
        CompletableFuture<List<String>> data = server.client.streamAsync(STREAM);
        FakeCompleter.Submission submission = server.completer.take();
        for (int i = 0; i < 3000; i++) {
            submission.text(i + " ");
        }
        submission.finish("");
        assertThat(EventStream.text(EventStream.chunks(data.join())))
                .isEqualTo(IntStream.range(0, 3000).mapToObj(i -> i + " ").collect(Collectors.joining()));
    }

    @ParameterizedTest
    @ValueSource(strings = {PLAIN, STREAM})
    void aRequestThatTheEngineRefuses(String body) throws Exception {
        CompletableFuture<Client.Answer> answer = server.client.completeAsync(body);
        server.completer.take().fail(new RequestException("too long", "prompt", "context_length_exceeded"));
        assertThat(answer.join().status()).isEqualTo(400);
        assertThat(answer.join().error()).isEqualTo(Client.json("""
                {"message": "too long", "type": "invalid_request_error", "param": "prompt",
                 "code": "context_length_exceeded"}"""));
        assertThat(logged.list).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {PLAIN, STREAM})
    void unexpectedFailuresAreLoggedAndNotTold(String body) throws Exception {
        CompletableFuture<Client.Answer> answer = server.client.completeAsync(body);
        server.completer.take().fail(new IllegalStateException("/etc/secret"));
        assertThat(answer.join().status()).isEqualTo(500);
        assertThat(answer.join().http().body()).doesNotContain("secret", "IllegalState", "dev.sol");
        assertThat(answer.join().error().get("type").asText()).isEqualTo("server_error");
        assertThat(logged.list)
                .singleElement()
                .satisfies(event ->
                        assertThat(event.getThrowableProxy().getMessage()).contains("/etc/secret"));
        assertThat(server.client.get("/health").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {PLAIN, STREAM})
    void aSubmitThatThrows(String body) {
        server.completer.refuse(new IllegalStateException("/etc/secret"));
        Client.Answer answer = server.client.complete(body);
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.http().body()).doesNotContain("secret");
        server.completer.refuse(new ClosedException("the engine"));
        assertThat(server.client.complete(body).status()).isEqualTo(503);
    }

    @Test
    void aFailureAfterTheFirstChunkIsTheLastEvent() throws Exception {
        CompletableFuture<List<String>> data = server.client.streamAsync(STREAM);
        FakeCompleter.Submission submission = server.completer.take();
        submission.text("some");
        submission.fail(new ClosedException("the engine"));
        assertThat(data.join())
                .hasSize(2)
                .last()
                .satisfies(event -> assertThat(Client.json(event)).isEqualTo(Client.json("""
                        {"error": {"message": "the server is shutting down", "type": "server_error", "param": null,
                                   "code": "shutting_down"}}""")));
    }

    @Test
    void aRunningCompletionThatTheShutdownCancels() throws Exception {
        CompletableFuture<Client.Answer> answer = server.client.completeAsync(PLAIN);
        FakeCompleter.Submission submission = server.completer.take();
        server.server.drain();
        submission.finishCancelled();
        assertThat(answer.join().status()).isEqualTo(503);
        assertThat(answer.join().error().get("code").asText()).isEqualTo("shutting_down");
    }

    /** Which for the engine is a listener of ours that threw. */
    @Test
    void aCompletionThatIsCancelledForNoReason() throws Exception {
        CompletableFuture<Client.Answer> answer = server.client.completeAsync(PLAIN);
        server.completer.take().finishCancelled();
        assertThat(answer.join().status()).isEqualTo(500);
        assertThat(logged.list).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {PLAIN, STREAM})
    void hangingUpBeforeTheFirstTextCancels(String body) throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(body);
            FakeCompleter.Submission submission = server.completer.take();
            assertThat(submission.isCancelled()).isFalse();
            client.hangUp();
            assertThat(submission.awaitCancelled()).isTrue();
            submission.finishCancelled();
        }
        assertThat(server.client.get("/health").status()).isEqualTo(200);
        assertThat(logged.list).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void hangingUpWithinAStreamCancels(boolean reset) throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(STREAM);
            FakeCompleter.Submission submission = server.completer.take();
            submission.text("some");
            client.lineStartingWith("data: ");
            assertThat(submission.isCancelled()).isFalse();
            if (reset) {
                client.reset();
            } else {
                client.hangUp();
            }
            assertThat(submission.awaitCancelled()).isTrue();
            submission.text("more"); // what the decode thread may still say until it notices
            submission.finishCancelled();
        }
        assertThat(server.client.get("/health").status()).isEqualTo(200);
        assertThat(logged.list).isEmpty();
    }

    @Test
    void anAnsweredRequestIsNotCancelled() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(PLAIN);
            FakeCompleter.Submission submission = server.completer.take();
            submission.finish("some");
            assertThat(client.body()).contains("some");
            client.hangUp();
            assertThat(server.client.get("/health").status()).isEqualTo(200);
            assertThat(submission.isCancelled()).isFalse();
        }
    }

    @Test
    void anIdleConnectionDoesNotHoldUpTheEnd() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.body()).contains("ok");
            long start = System.nanoTime();
            server.close();
            assertThat((System.nanoTime() - start) / 1_000_000_000).isLessThan(30);
            assertThat(client.rest()).isEmpty();
        }
    }
}
