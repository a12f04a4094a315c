package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutesTest {
    private static FakeServer server;

    @BeforeAll
    static void start() {
        server = FakeServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void health() {
        Client.Answer answer = server.client.get("/health");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-type")).isEqualTo("application/json; charset=utf-8");
        assertThat(answer.body()).isEqualTo(Client.json("{\"status\": \"ok\"}"));
    }

    @Test
    void models() {
        Client.Answer answer = server.client.get("/v1/models?x=y");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(Client.json("""
                {"object": "list",
                 "data": [{"id": "fake", "object": "model", "created": 1700000000, "owned_by": "sol"}]}"""));
    }

    @Test
    void headIsGetWithoutTheBody() {
        HttpRequest head = server.client
                .request("/health")
                .method("HEAD", BodyPublishers.noBody())
                .build();
        var response = server.client.raw(head);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"/v1", "/v1/completion", "/v1/completions/x", "/v1/chat", "/favicon.ico"})
    void unknownPath(String path) {
        for (String method : new String[] {"GET", "POST"}) {
            HttpRequest request = server.client
                    .request(path)
                    .method(method, BodyPublishers.ofString("{}"))
                    .build();
            Client.Answer answer = server.client.send(request);
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.error()).isEqualTo(Client.json("""
                    {"message": "there is nothing at %s", "type": "invalid_request_error", "param": null,
                     "code": "not_found"}""".formatted(path)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/completions, POST",
        "PUT, /v1/completions, POST",
        "POST, /health, 'GET, HEAD'",
        "DELETE, /v1/models, 'GET, HEAD'"
    })
    void wrongMethod(String method, String path, String allowed) {
        HttpRequest request = server.client
                .request(path)
                .method(method, BodyPublishers.ofString("{\"prompt\": \"x\"}"))
                .build();
        Client.Answer answer = server.client.send(request);
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("allow")).isEqualTo(allowed);
        assertThat(answer.error().get("message").asText()).isEqualTo("%s answers to %s, not %s", path, allowed, method);
    }

    @ParameterizedTest
    @CsvSource({
        "'GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'",
        "'GARBAGE\r\n\r\n'",
        "'GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n'"
    })
    void malformedHttp(String request) throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.send(request);
            String response = client.rest();
            assertThat(response).matches("(?s)HTTP/1.[01] 400 .*");
            String body = response.substring(response.indexOf("\r\n\r\n") + 4);
            assertThat(Client.json(body).at("/error/code").asText()).isEqualTo("invalid_http");
        }
    }

    @Test
    void headersThatAreTooLong() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(100_000) + "\r\n\r\n");
            assertThat(client.line()).startsWith("HTTP/1.1 400 ");
        }
    }
}
