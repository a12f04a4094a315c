package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyReaderTest {
    private static final int LIMIT = 1000;
    private static FakeServer server;

    @BeforeAll
    static void start() {
        server = FakeServer.start(FakeServer.OPTIONS.withMaxBodyBytes(LIMIT));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** A body of so many bytes. */
    private static String body(int length) {
        String body = "{\"prompt\": \"\"}";
        return body.replace("\"\"", "\"" + "é".repeat((length - body.length()) / 2) + "\"");
    }

    private static void assertCompletes(HttpRequest.Builder request) throws InterruptedException {
        var answer = server.client.sendAsync(request.build());
        server.completer.take().finish("fine");
        assertThat(answer.join().text()).isEqualTo("fine");
    }

    private static void assertTooLarge(Client.Answer answer) {
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.error().get("message").asText()).isEqualTo("the body is larger than 1000 bytes, the limit");
        assertThat(answer.error().get("code").asText()).isEqualTo("body_too_large");
        assertThat(server.completer.isIdle()).isTrue();
        assertThat(server.client.get("/health").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data"
            })
    void contentTypeDoesNotMatter(String type) throws Exception {
        HttpRequest.Builder request =
                server.client.request("/v1/completions").POST(BodyPublishers.ofString("{\"prompt\": \"a=b&c\"}"));
        assertCompletes(type.isEmpty() ? request : request.header("Content-Type", type));
    }

    @Test
    void aBodyOfTheLimit() throws Exception {
        String body = body(LIMIT);
        assertThat(body.getBytes(StandardCharsets.UTF_8)).hasSize(LIMIT);
        assertCompletes(server.client.request("/v1/completions").POST(BodyPublishers.ofString(body)));
    }

    @Test
    void aBodyOverTheLimit() {
        assertTooLarge(server.client.complete(body(LIMIT + 2)));
    }

    @Test
    void aBodyOverTheLimitThatDoesNotSayItsLength() {
        byte[] body = body(20 * LIMIT).getBytes(StandardCharsets.UTF_8);
        assertTooLarge(server.client.send(server.client
                .request("/v1/completions")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build()));
    }

    @Test
    void aHugeBodyIsDiscardedAndAnswered() {
        assertTooLarge(server.client.complete(body(8 << 20)));
    }

    @Test
    void anAnnouncedBodyIsRefusedBeforeItIsSent() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.send("""
                    POST /v1/completions HTTP/1.1\r
                    Host: localhost\r
                    Content-Length: 1001\r
                    Expect: 100-continue\r
                    \r
                    """);
            assertThat(client.line()).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void anAnnouncedBodyIsAskedFor() throws Exception {
        String body = "{\"prompt\": \"x\"}";
        try (RawClient client = new RawClient(server.server)) {
            client.send("""
                    POST /v1/completions HTTP/1.1\r
                    Host: localhost\r
                    Content-Length: %d\r
                    Expect: 100-continue\r
                    \r
                    """.formatted(body.length()));
            assertThat(client.line()).startsWith("HTTP/1.1 100 ");
            client.send(body);
            server.completer.take().finish("fine");
            client.lineStartingWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void compressedBodiesAreRefused() {
        Client.Answer answer = server.client.send(server.client
                .request("/v1/completions")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString("{\"prompt\": \"x\"}"))
                .build());
        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.error().get("message").asText()).contains("gzip");
    }

    @Test
    void aBodyThatDoesNotComeInTime() throws Exception {
        try (FakeServer impatient = FakeServer.start(FakeServer.OPTIONS.withBodyPatience(Duration.ofMillis(200)));
                RawClient client = new RawClient(impatient.server)) {
            client.send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"prompt\"");
            assertThat(client.line()).startsWith("HTTP/1.1 408 ");
            assertThat(client.body()).contains("not complete after 0.2 s");
            assertThat(client.rest()).as("the connection is closed").isEmpty();
        }
    }

    @Test
    void aClientThatHangsUpWithinTheBody() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"prompt\"");
        }
        assertThat(server.client.get("/health").status()).isEqualTo(200);
        assertThat(server.completer.isIdle()).isTrue();
    }
}
