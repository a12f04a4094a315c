package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may use the server. */
class AccessTest {
    private static FakeServer start(Access access) {
        return FakeServer.start(FakeServer.OPTIONS.withAccess(access));
    }

    private static String raw(FakeServer server, String head) throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.send(head.replace("PORT", String.valueOf(server.server.port())) + "Connection: close\r\n\r\n");
            return client.rest();
        }
    }

    @Test
    void keys(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), "second\n\n  third \n");
        try (FakeServer server = start(new Access(ApiKeys.of(List.of("first"), file), List.of(), List.of()))) {
            HttpRequest.Builder models = server.client.request("/v1/models");
            for (String key : List.of("first", "second", "third")) {
                assertThat(server.client
                                .send(models.setHeader("Authorization", "Bearer " + key)
                                        .build())
                                .status())
                        .isEqualTo(200);
            }
            assertThat(server.client
                            .send(server.client
                                    .request("/props")
                                    .header("X-Api-Key", "first")
                                    .build())
                            .status())
                    .isEqualTo(200);
            for (String header : List.of("Bearer firs", "Bearer first2", "Bearer", "Basic first", "first")) {
                Client.Answer answer = server.client.send(
                        models.setHeader("Authorization", header).build());
                assertThat(answer.status()).isEqualTo(401);
                assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
                assertThat(answer.error().get("code").asText()).isEqualTo("invalid_api_key");
            }
            assertThat(server.client.get("/metrics-of-none").status()).isEqualTo(401);
            assertThat(server.client.get("/health").status()).isEqualTo(200);
        }
    }

    @Test
    void aRefusedBodyDoesNotReachTheEngine() {
        try (FakeServer server = start(new Access(ApiKeys.of(List.of("k"), null), List.of(), List.of()))) {
            assertThat(server.client.complete("{\"prompt\": \"x\"}").status()).isEqualTo(401);
            assertThat(server.completer.isIdle()).isTrue();
        }
    }

    @Test
    void keysThatAreNone(@TempDir Path folder) throws Exception {
        Path empty = Files.writeString(folder.resolve("empty"), "\n");
        assertThatThrownBy(() -> ApiKeys.of(List.of(), empty)).hasMessageContaining("no key in " + empty);
        assertThatThrownBy(() -> ApiKeys.of(List.of(), folder.resolve("none")))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("none");
        assertThatThrownBy(() -> ApiKeys.of(List.of(" "), null)).hasMessageContaining("blank");
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:PORT, 200",
        "127.0.0.1:PORT, 200",
        "127.1.2.3, 200",
        "[::1]:PORT, 200",
        "app.localhost, 200",
        "LOCALHOST, 200",
        "evil.example:PORT, 403",
        "127.0.0.1.evil.example, 403",
        "localhost.evil.example, 403",
        "0.0.0.0:PORT, 403",
    })
    void namesOfTheLoopback(String host, int status) throws Exception {
        try (FakeServer server = FakeServer.start()) {
            assertThat(raw(server, "GET /health HTTP/1.1\r\nHost: " + host + "\r\n"))
                    .startsWith("HTTP/1.1 " + status);
        }
    }

    @Test
    void otherNamesOnRequest() throws Exception {
        try (FakeServer server = start(new Access(ApiKeys.NONE, List.of(), List.of("proxy.example")))) {
            assertThat(raw(server, "GET /health HTTP/1.1\r\nHost: proxy.example\r\n"))
                    .startsWith("HTTP/1.1 200");
            assertThat(raw(server, "GET /health HTTP/1.1\r\nHost: other.example\r\n"))
                    .startsWith("HTTP/1.1 403");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:PORT, 200",
        "https://localhost:PORT, 200",
        "http://localhost, 403",
        "http://evil.example, 403",
        "null, 403",
        "http://localhost:1, 403",
    })
    void pagesOfOtherOrigins(String origin, int status) throws Exception {
        try (FakeServer server = FakeServer.start()) {
            String answer =
                    raw(server, "GET /v1/models HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: " + origin + "\r\n");
            assertThat(answer).startsWith("HTTP/1.1 " + status).doesNotContain("access-control-allow-origin");
        }
    }

    @Test
    void originsOnRequest() throws Exception {
        String page = "https://page.example";
        try (FakeServer server = start(new Access(ApiKeys.of(List.of("k"), null), List.of(page), List.of()))) {
            String preflight = raw(
                    server,
                    "OPTIONS /v1/completions HTTP/1.1\r\nHost: localhost\r\nOrigin: " + page
                            + "\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n");
            assertThat(preflight).startsWith("HTTP/1.1 204").contains("access-control-allow-origin: " + page);
            String answer = raw(
                    server,
                    "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nOrigin: " + page
                            + "\r\n");
            assertThat(answer).startsWith("HTTP/1.1 200").contains("access-control-allow-origin: " + page);
            assertThat(raw(server, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: https://other.example\r\n"))
                    .startsWith("HTTP/1.1 403")
                    .doesNotContain("access-control-allow-origin");
        }
        try (FakeServer server = start(new Access(ApiKeys.NONE, List.of("*"), List.of()))) {
            assertThat(raw(server, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: https://any.example\r\n"))
                    .startsWith("HTTP/1.1 200")
                    .contains("access-control-allow-origin: *");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"page.example", "https://page.example/", "https://", "", "https://page.example/path"})
    void originsThatAreNone(String origin) {
        assertThatThrownBy(() -> new Access(ApiKeys.NONE, List.of(origin), List.of()))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("'" + origin + "'");
    }

    @Test
    void aPageCannotSpendComputeWithASimpleRequest() {
        try (FakeServer server = FakeServer.start()) {
            HttpRequest request = server.client
                    .request("/v1/completions")
                    .header("Content-Type", "text/plain")
                    .header("Origin", "https://evil.example")
                    .POST(BodyPublishers.ofString("{\"prompt\": \"x\"}"))
                    .build();
            assertThat(server.client.send(request).status()).isEqualTo(403);
            assertThat(server.completer.isIdle()).isTrue();
        }
    }
}
