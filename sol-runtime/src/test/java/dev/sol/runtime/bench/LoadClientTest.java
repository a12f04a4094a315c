package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that only pretends. */
class LoadClientTest {
    private static final ServerLoad LOAD = new ServerLoad(2, 5, 3);

    private final List<JsonNode> bodies = new CopyOnWriteArrayList<>();
    private final ObjectNode more = JsonNodeFactory.instance.objectNode().put("budget", .5);
    private HttpServer server;
    private volatile String events = "";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/completions", this::answer);
        server.start();
        says(3);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void says(int tokens) {
        events = """
                data: {"choices": [{"text": "a"}]}

                data: {"choices": [{"text": "bc"}]}

                data: {"choices": [{"text": ""}], "usage": {"completion_tokens": %d}}

                data: [DONE]

                """.formatted(tokens);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            bodies.add(new ObjectMapper().readTree(exchange.getRequestBody()));
            byte[] answer = events.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.length == 0 ? 500 : 200, 0);
            exchange.getResponseBody().write(answer);
        }
    }

    private ServerSample run() throws InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        return new LoadClient(LOAD, 1000).run(uri, 4, more, 1);
    }

    @Test
    void everyUserAsksAsOftenAsItShould() throws Exception {
        ServerSample sample = run();
        assertThat(sample.tokens()).isEqualTo(4 * 2 * 3);
        assertThat(sample.first()).hasSize(8);
        assertThat(sample.gaps()).hasSize(8);
        assertThat(sample.seconds()).isPositive();
        assertThat(bodies).hasSize(8).allSatisfy(body -> {
            assertThat(body.get("budget").asDouble()).isEqualTo(.5);
            assertThat(body.get("max_tokens").asInt()).isEqualTo(3);
            assertThat(body.get("prompt")).hasSize(5);
        });
        assertThat(bodies).extracting(body -> body.get("prompt").toString()).doesNotHaveDuplicates();
    }

    @Test
    void missingTokensAreAFailure() {
        says(2);
        assertThatThrownBy(this::run).isInstanceOf(BenchException.class).hasMessageContaining("2 of 3 tokens");
    }

    @Test
    void soIsAStatus() {
        events = "";
        assertThatThrownBy(this::run).isInstanceOf(BenchException.class).hasMessageContaining("status 500");
    }
}
